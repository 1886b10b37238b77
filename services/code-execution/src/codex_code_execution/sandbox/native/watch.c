#define _GNU_SOURCE
#include "watch.h"

#include "family.h"
#include "files.h"
#include "io.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Numbers of a line in /proc/PID/stat, counted from the one after the state. */
enum { USER_TIME = 10, SYSTEM_TIME, CHILDREN_USER_TIME, CHILDREN_SYSTEM_TIME, THREADS = 16, RESIDENT = 20, FIELDS };

static int read_text(int directory, const char *path, char *text, size_t size)
{
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
    close_fd(&fd);
    if (got <= 0)
        return -1;
    text[got] = '\0';
    return 0;
}

/* The name in the line may hold anything, also parentheses and blanks: numbers begin after the last one. */
static int read_stat(int proc, const char *pid, uint64_t fields[FIELDS])
{
    char path[32], text[1024];
    snprintf(path, sizeof path, "%.16s/stat", pid);
    if (read_text(proc, path, text, sizeof text) != 0)
        return -1;
    char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < 4)
        return -1;
    at += 3;
    for (int i = 0; i < FIELDS; i++)
        fields[i] = strtoull(at, &at, 10);
    return 0;
}

static uint64_t ticks_to_us(uint64_t ticks)
{
    return ticks * 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

static void add_process(struct usage *usage, const struct box *box, const char *pid)
{
    uint64_t fields[FIELDS];
    if (read_stat(box->proc, pid, fields) != 0)
        return;
    usage->cpu_us += ticks_to_us(fields[CHILDREN_USER_TIME] + fields[CHILDREN_SYSTEM_TIME]);
    if (atoi(pid) == box_first(box)) /* ours; of it only what its dead children used */
        return;
    usage->cpu_us += ticks_to_us(fields[USER_TIME] + fields[SYSTEM_TIME]);
    usage->memory += fields[RESIDENT] * (uint64_t)sysconf(_SC_PAGESIZE);
    usage->tasks += fields[THREADS];
    usage->processes++;
}

typedef void process_visit(void *state, const struct box *box, const char *pid);

/* One look at the runner's family, of which only the box's part is shown. */
struct search {
    const struct box *box;
    process_visit *visit;
    void *state;
};

static void visit_member(void *looking, pid_t pid)
{
    const struct search *search = looking;
    char name[16];
    if (family_kept(pid) && pid != search->box->init && pid != search->box->loader)
        return;
    snprintf(name, sizeof name, "%d", pid);
    search->visit(search->state, search->box, name);
}

static void each_entry(const struct box *box, process_visit *visit, void *state)
{
    int fd = openat(box->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        close_fd(&fd);
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        if (isdigit((unsigned char)entry->d_name[0]))
            visit(state, box, entry->d_name);
    closedir(directory);
}

/* Calls visit for every process of the box. */
static void each_process(const struct box *box, process_visit *visit, void *state)
{
    struct search search = {box, visit, state};
    if (box->room == NULL)
        each_entry(box, visit, state);
    else
        family_each(getpid(), visit_member, &search);
}

static void visit_usage(void *usage, const struct box *box, const char *pid)
{
    add_process(usage, box, pid);
}

/* They may lie on a disk, but are judged as if they were in memory. */
static uint64_t files_in_room(const struct box *box, bool *full)
{
    struct contents contents = files_in(box->tmpfs);
    *full = contents.unclear || contents.bytes > box->disk;
    return contents.bytes;
}

static uint64_t files_in_memory(const struct box *box, bool *full)
{
    struct statfs files;
    if (box->room != NULL)
        return files_in_room(box, full);
    if (fstatfs(box->tmpfs, &files) != 0)
        return 0;
    *full = files.f_bavail == 0 || files.f_ffree == 0;
    return (uint64_t)(files.f_blocks - files.f_bfree) * (uint64_t)files.f_bsize;
}

struct usage watch(const struct box *box)
{
    struct usage usage = {0};
    each_process(box, visit_usage, &usage);
    usage.memory += files_in_memory(box, &usage.disk_full);
    return usage;
}

static void visit_shared(void *sum, const struct box *box, const char *pid)
{
    char path[40], text[2048];
    if (atoi(pid) == box_first(box))
        return;
    snprintf(path, sizeof path, "%.16s/smaps_rollup", pid);
    const char *line = read_text(box->proc, path, text, sizeof text) == 0 ? strstr(text, "\nPss:") : NULL;
    if (line != NULL)
        *(uint64_t *)sum += strtoull(line + 5, NULL, 10) * 1024u;
    else
        *(uint64_t *)sum += resident_of(box, atoi(pid));
}

/* The same memory with every shared page counted once, which costs more to find out. */
uint64_t watch_shared(const struct box *box)
{
    bool full;
    uint64_t sum = files_in_memory(box, &full);
    each_process(box, visit_shared, &sum);
    return sum;
}

static void visit_stray(void *found, const struct box *box, const char *pid)
{
    pid_t known = atoi(pid);
    if (known != box_first(box) && known != box_second(box))
        *(bool *)found = true;
}

/* Whether there are processes besides the first one and the loader. */
bool watch_strays(const struct box *box)
{
    bool found = false;
    each_process(box, visit_stray, &found);
    return found;
}

/* Bytes of all files that the program wrote: they live in memory. */
uint64_t watch_files(const struct box *box)
{
    bool full;
    return files_in_memory(box, &full);
}

uint64_t resident_of(const struct box *box, pid_t pid)
{
    char name[16];
    uint64_t fields[FIELDS];
    snprintf(name, sizeof name, "%d", pid);
    return read_stat(box->proc, name, fields) == 0 ? fields[RESIDENT] * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

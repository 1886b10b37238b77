#define _GNU_SOURCE
#include "family.h"

#include "io.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_KEPT 8
#define MOST_MEMBERS 4096
#define LONGEST_END_US 2000000

static pid_t kept[MOST_KEPT]; /* our own: never killed */

void family_keep(pid_t pid)
{
    for (int i = 0; i < MOST_KEPT; i++) {
        if (kept[i] == 0) {
            kept[i] = pid;
            return;
        }
    }
    fail("too many processes to keep");
}

void family_forget(pid_t pid)
{
    for (int i = 0; i < MOST_KEPT; i++)
        if (kept[i] == pid)
            kept[i] = 0;
}

bool family_kept(pid_t pid)
{
    for (int i = 0; i < MOST_KEPT; i++)
        if (kept[i] == pid)
            return true;
    return false;
}

/* From now on, whoever loses its parent below us becomes our child, not the machine's. */
void family_adopt(void)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        fail("subreaper");
}

/* Appends the children of one thread; the new count. */
static int add_children(pid_t pid, const char *thread, pid_t *members, int count)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", pid, thread);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close_fd(&fd);
    text[got < 0 ? 0 : got] = '\0';
    for (char *at = text; *at != '\0' && count < MOST_MEMBERS;) {
        char *end;
        pid_t child = (pid_t)strtol(at, &end, 10);
        if (end == at)
            break;
        members[count++] = child;
        at = end;
    }
    return count;
}

static int add_children_of(pid_t pid, pid_t *members, int count)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (threads == NULL)
        return count;
    for (struct dirent *entry = readdir(threads); entry != NULL; entry = readdir(threads))
        if (isdigit((unsigned char)entry->d_name[0]))
            count = add_children(pid, entry->d_name, members, count);
    closedir(threads);
    return count;
}

/* Calls visit for all descendants, parents first. Who is born meanwhile may be missed. */
void family_each(pid_t root, family_visit *visit, void *state)
{
    static pid_t members[MOST_MEMBERS];
    int count = add_children_of(root, members, 0);
    for (int i = 0; i < count; i++) {
        count = add_children_of(members[i], members, count);
        visit(state, members[i]);
    }
}

static void visit_kill(void *found, pid_t pid)
{
    if (family_kept(pid))
        return;
    kill(pid, SIGKILL);
    ++*(int *)found;
}

/* Kills everybody below us who isn't kept. How many were there, dead ones included that nobody waited for. */
int family_kill(void)
{
    int found = 0;
    family_each(getpid(), visit_kill, &found);
    return found;
}

/* Kills and reaps everybody below us. */
void family_end(void)
{
    int64_t deadline = now_us() + LONGEST_END_US;
    while (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) {
        family_kill();
        if (now_us() > deadline)
            fail("processes that can't be killed");
    }
}

static uint64_t tasks_of(const char *pid)
{
    char path[32];
    struct stat owner;
    snprintf(path, sizeof path, "/proc/%.16s/task", pid);
    /* A directory has two links and one more for each thread. */
    return stat(path, &owner) == 0 && owner.st_uid == getuid() ? owner.st_nlink - 2 : 0;
}

/* Tasks of our user on this machine, by which RLIMIT_NPROC counts where there is no user namespace. */
uint64_t family_tasks_of_user(void)
{
    uint64_t sum = 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        fail("/proc");
    for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes))
        if (isdigit((unsigned char)entry->d_name[0]))
            sum += tasks_of(entry->d_name);
    closedir(processes);
    return sum;
}

#define _GNU_SOURCE
#include "files.h"

#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_ENTRIES 4096
#define DEEPEST 32
#define MOST_PASSES 100000
#define MOST_TRIES 100

static DIR *open_folder(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *opened = fd < 0 ? NULL : fdopendir(fd);
    if (opened == NULL)
        close_fd(&fd);
    return opened;
}

static struct dirent *next_entry(DIR *folder)
{
    struct dirent *entry;
    do
        entry = readdir(folder);
    while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    return entry;
}

/* Allows the owner everything in a folder. By a descriptor: a name could by now be that of a link to elsewhere. */
static void allow(int directory, const char *name)
{
    char path[32];
    fchmod(directory, 0700);
    int fd = openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd >= 0)
        chmod(path, 0700);
    close_fd(&fd);
}

/* Opens a folder also where its owner, who is the same user, has forbidden it to himself; bounded, since he may go on. */
static DIR *insist_on_folder(int directory, const char *name)
{
    DIR *folder = open_folder(directory, name);
    for (int tries = 0; folder == NULL && errno == EACCES && tries < MOST_TRIES; tries++) {
        allow(directory, name);
        folder = open_folder(directory, name);
    }
    return folder;
}

static int insist_on_entry(int directory, const char *name, struct stat *found)
{
    int failed = fstatat(directory, name, found, AT_SYMLINK_NOFOLLOW);
    for (int tries = 0; failed != 0 && errno == EACCES && tries < MOST_TRIES; tries++) {
        fchmod(directory, 0700);
        failed = fstatat(directory, name, found, AT_SYMLINK_NOFOLLOW);
    }
    return failed;
}

static void add_folder(struct contents *sum, int directory, const char *name, int depth)
{
    struct stat found;
    DIR *folder = depth < DEEPEST ? insist_on_folder(directory, name) : NULL;
    if (folder == NULL) {
        sum->unclear = true;
        return;
    }
    for (struct dirent *entry = next_entry(folder); entry != NULL && !sum->unclear; entry = next_entry(folder)) {
        sum->unclear = ++sum->entries > MOST_ENTRIES;
        if (insist_on_entry(dirfd(folder), entry->d_name, &found) != 0) {
            sum->unclear = sum->unclear || errno == EACCES;
            continue;
        }
        sum->bytes += (uint64_t)found.st_blocks * 512u;
        if (S_ISDIR(found.st_mode))
            add_folder(sum, dirfd(folder), entry->d_name, depth + 1);
    }
    closedir(folder);
}

/* What is in a folder, its subfolders included. */
struct contents files_in(int directory)
{
    struct contents sum = {0};
    add_folder(&sum, directory, ".", 0);
    return sum;
}

/* Brings what is in a folder one level up, under names that nobody uses. */
static void bring_up(int directory, const char *name)
{
    static unsigned number;
    char fresh[32];
    fchmodat(directory, name, 0700, 0);
    DIR *folder = open_folder(directory, name);
    if (folder == NULL)
        return;
    for (struct dirent *entry = next_entry(folder); entry != NULL; entry = next_entry(folder)) {
        if (unlinkat(dirfd(folder), entry->d_name, 0) == 0)
            continue;
        fchmodat(dirfd(folder), entry->d_name, 0700, 0); /* else its ".." can't be changed */
        snprintf(fresh, sizeof fresh, "wiped-%u", number++);
        renameat(dirfd(folder), entry->d_name, directory, fresh);
    }
    closedir(folder);
}

static int wipe_once(int directory)
{
    int found = 0;
    DIR *folder = open_folder(directory, ".");
    if (folder == NULL)
        fail("folder to be wiped");
    for (struct dirent *entry = next_entry(folder); entry != NULL; entry = next_entry(folder), found++) {
        if (unlinkat(directory, entry->d_name, 0) == 0 || unlinkat(directory, entry->d_name, AT_REMOVEDIR) == 0)
            continue;
        bring_up(directory, entry->d_name);
    }
    closedir(folder);
    return found;
}

/* Empties a folder. It takes as many descriptors for a folder of any depth, and goes by no path. */
void files_wipe(int directory)
{
    int passes = 0;
    while (wipe_once(directory) > 0)
        if (++passes > MOST_PASSES)
            fail("a folder can't be wiped");
}

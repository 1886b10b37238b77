#define _GNU_SOURCE
#include "slot.h"

#include "cgroup.h"
#include "io.h"
#include "room.h"
#include "warden.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASE "/tmp" /* where the new root is put together; exists everywhere and is never bound itself */
#define PATH_SIZE 512
#define NR_MOUNT_SETATTR 442
#define RECURSIVE 0x8000 /* AT_RECURSIVE */

struct mount_attributes {
    uint64_t set, clear, propagation, userns_fd;
};

static void become_unprivileged(uid_t uid)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0))
        fail("become unprivileged");
    /* Changing the user made us undumpable, and then the files in /proc/self belong to root. */
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void map_ids(uid_t uid, gid_t gid)
{
    char text[32];
    write_file("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "0 %u 1", uid);
    write_file("/proc/self/uid_map", text);
    snprintf(text, sizeof text, "0 %u 1", gid);
    write_file("/proc/self/gid_map", text);
}

static void unshare_all(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        fail("user namespace");
    map_ids(uid, gid);
    if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWPID) != 0)
        fail("namespaces");
    if (sethostname("box", 3) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        fail("private mounts");
}

/* The first process in the new pid namespace goes on; its parent only waits, and dies with it or before it. */
static void become_init(void)
{
    pid_t init = fork();
    if (init < 0)
        fail("fork");
    if (init == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return;
    }
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    int status = 0;
    while (waitpid(init, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}

static void protect(const char *path)
{
    struct mount_attributes read_only = {.set = MS_RDONLY | MS_NOSUID | MS_NODEV}; /* MOUNT_ATTR_* have these values */
    if (syscall(NR_MOUNT_SETATTR, AT_FDCWD, path, RECURSIVE, &read_only, sizeof read_only) == 0)
        return;
    if (mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
        fail(path);
}

static void make_parents(const char *path)
{
    char part[PATH_SIZE];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + sizeof BASE, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0755);
        *slash = '/';
    }
}

/* Shows a path of the host at the same place, read-only. Links are copied; what does not exist is left out. */
static void show(const char *path)
{
    struct stat found;
    char place[PATH_SIZE], target[PATH_SIZE];
    if (lstat(path, &found) != 0)
        return;
    snprintf(place, sizeof place, BASE "%s", path);
    make_parents(place);
    if (S_ISLNK(found.st_mode)) {
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (symlink(target, place) != 0)
            fail(place);
        return;
    }
    if (S_ISDIR(found.st_mode))
        mkdir(place, 0755);
    else
        close(open(place, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    if (mount(path, place, NULL, MS_BIND | MS_REC, NULL) != 0)
        fail(place);
    protect(place);
}

static void show_device(const char *path)
{
    char place[PATH_SIZE];
    snprintf(place, sizeof place, BASE "%s", path);
    close(open(place, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    if (mount(path, place, NULL, MS_BIND, NULL) != 0)
        fail(place);
}

static void make_devices(void)
{
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    mkdir(BASE "/dev", 0755);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        show_device(devices[i]);
    if (symlink("/proc/self/fd", BASE "/dev/fd") != 0 || symlink("/proc/self/fd/0", BASE "/dev/stdin") != 0 ||
        symlink("/proc/self/fd/1", BASE "/dev/stdout") != 0 || symlink("/proc/self/fd/2", BASE "/dev/stderr") != 0 ||
        symlink("/box/shm", BASE "/dev/shm") != 0)
        fail("links in /dev");
}

/* Not the host's /etc: only what the dynamic loader and user look-ups need. */
static void make_etc(void)
{
    mkdir(BASE "/etc", 0755);
    show("/etc/ld.so.cache");
    show("/etc/alternatives");
    write_file(BASE "/etc/passwd", "user:x:1000:1000::/tmp:/bin/sh\n");
    write_file(BASE "/etc/group", "user:x:1000:\n");
}

static void make_root(const struct slot_options *options)
{
    static const char *const shown[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"};
    if (mount("tmpfs", BASE, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") != 0)
        fail("root of the slot");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        show(shown[i]);
    for (int i = 0; i < options->bind_count; i++)
        show(options->binds[i]);
    make_etc();
    make_devices();
    mkdir(BASE "/box", 0755);
    mkdir(BASE "/tmp", 0755);
    mkdir(BASE "/proc", 0755);
    if (mount("proc", BASE "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        fail("proc of the slot");
}

static void change_root(void)
{
    if (chdir(BASE) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        fail("pivot_root");
    if (mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
        fail("read-only root");
}

/*
 * Goes from a process of the service's user to pid 1 of an empty world: no network, no other process, a read-only
 * root with nothing of the host but its programs. Whoever is root in it is nobody outside.
 */
static void enter_namespaces(const struct slot_options *options)
{
    unshare_all();
    become_init();
    make_root(options);
    change_root();
}

/* The weak way. Nothing is hidden from the runner here; programs are confined one by one. */
static void enter_folder(const struct slot_options *options)
{
    become_ward(options->work);
    rooms_open(options);
}

void enter_slot(const struct slot_options *options)
{
    cgroup_join(options->cgroup);
    begin_stage("isolation"); /* the service knows this word: whatever fails here is refused by the machine */
    become_unprivileged(options->uid);
    umask(022);
    if (options->work == NULL)
        enter_namespaces(options);
    else
        enter_folder(options);
    begin_stage("slot");
}

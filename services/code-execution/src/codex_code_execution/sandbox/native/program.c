#define _GNU_SOURCE
#include "program.h"

#include "family.h"
#include "filter.h"
#include "io.h"
#include "landlock.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_CAPABILITY 63
#define EMPTY_BOX_DISK (64u << 20)
#define NOBODY (-2)
#define NR_CLOSE_RANGE 436

/* Writable memory of fixed size, an empty /tmp in it, and a /proc that shows this box alone. */
static void build_world(uint64_t disk)
{
    char options[64];
    snprintf(options, sizeof options, "size=%llu,nr_inodes=4096,mode=755", (unsigned long long)disk);
    if (mount("tmpfs", "/box", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
        fail("files of the box");
    if (mkdir("/box/tmp", 0777) != 0 || mkdir("/box/shm", 0777) != 0 || mkdir(BOX_SOURCE, 0755) != 0)
        fail("directories of the box");
    if (chmod("/box/tmp", 01777) != 0 || chmod("/box/shm", 01777) != 0)
        fail("modes of the box");
    if (mount("/box/tmp", "/tmp", NULL, MS_BIND, NULL) != 0)
        fail("tmp of the box");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid") != 0)
        fail("proc of the box");
}

static void write_source(const struct file *source, const struct room *room)
{
    char path[512], block[65536];
    if (source->fd < 0)
        return;
    snprintf(path, sizeof path, "%s/%s", room_source(room), source->name);
    int to = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    off_t at = 0;
    ssize_t got;
    while (to >= 0 && (got = pread(source->fd, block, sizeof block, at)) > 0) {
        if (write_all(to, block, (size_t)got) != 0)
            fail("source");
        at += got;
    }
    if (to < 0)
        fail(path);
    close(to);
}

static int open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void say_ready(int status, const struct room *room)
{
    struct status ready = {.kind = STATUS_READY};
    int directories[2] = {open_directory(room == NULL ? "/box" : room->path), open_directory("/proc")};
    if (directories[0] < 0 || directories[1] < 0 || send_with_fds(status, &ready, sizeof ready, directories, 2) != 0)
        fail("ready");
    close(directories[0]);
    close(directories[1]);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED);
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) != 0)
        fail("drop capabilities");
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
}

static _Noreturn void become_program(const struct program *program, const struct inside *inside)
{
    const struct room *room = program->room;
    char *const *environment = room_environment(room);
    uint64_t tasks = room == NULL ? 1 : family_tasks_of_user() - 1; /* that aren't the program's */
    int keep = program->executable < 0 ? 3 : 4;
    setsid();
    if (dup2(program->input, 0) < 0 || dup2(inside->output, 1) < 0 || dup2(inside->error, 2) < 0)
        _exit(99);
    if (keep == 4 && (dup2(program->executable, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0))
        _exit(99);
    if (room != NULL) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        landlock_enter(room->rules);
    }
    syscall(NR_CLOSE_RANGE, keep, ~0u, 0);
    limits_set(0, program->limits, program->limits->disk, tasks + program->limits->processes);
    drop_capabilities();
    reset_signals();
    const char *tmp = room == NULL ? "/tmp" : room->tmp;
    if (chdir(program->artifact < 0 ? tmp : room_source(room)) != 0)
        fail("working directory");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, job_filter(room != NULL)) != 0)
        fail("filter");
    if (keep == 4)
        syscall(SYS_execveat, 3, "", program->argv, environment, AT_EMPTY_PATH);
    else
        execute(program->argv, environment);
    fail("cannot be executed");
}

/*
 * Waits for this process, or for the runner's order to stop. A sender outside of the box's pid namespace shows as pid 0;
 * in a room, where programs can't signal us, it is our parent.
 */
static int32_t wait_for(pid_t worker)
{
    int status = SIGKILL;
    siginfo_t signal_info;
    sigset_t expected;
    sigemptyset(&expected);
    sigaddset(&expected, SIGCHLD);
    sigaddset(&expected, SIGTERM);
    for (;;) {
        pid_t reaped;
        while ((reaped = waitpid(-1, &status, WNOHANG)) > 0)
            if (reaped == worker)
                return status;
        int number = sigwaitinfo(&expected, &signal_info);
        if (number == SIGTERM && signal_info.si_code == SI_USER &&
            (signal_info.si_pid == 0 || signal_info.si_pid == getppid()))
            return SIGKILL;
    }
}

static void collect_artifact(const struct program *program, int32_t wait_status)
{
    char path[512];
    struct stat made;
    if (program->artifact < 0 || wait_status != 0)
        return;
    snprintf(path, sizeof path, "%s/%s", room_source(program->room), program->artifact_name);
    int from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0 || fstat(from, &made) != 0 || !S_ISREG(made.st_mode) || made.st_size > LARGEST_OUTPUT)
        return;
    char block[65536];
    ssize_t got;
    while ((got = read(from, block, sizeof block)) > 0)
        if (write_all(program->artifact, block, (size_t)got) != 0)
            break;
}

/* Kills and reaps whatever is left, so that the sum of all CPU times is complete. */
static void bury_children(const struct room *room)
{
    if (room == NULL)
        kill(-1, SIGKILL);
    else
        family_kill();
    while (waitpid(-1, NULL, room == NULL ? 0 : WNOHANG) >= 0 || errno == EINTR)
        if (room != NULL) /* of everybody in the pid namespace nobody is missed; here somebody may be */
            family_kill();
}

static void report(int status_socket, int32_t wait_status)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    struct status done = {.kind = STATUS_DONE, .wait_status = wait_status};
    done.cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
                  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    done.maxrss = (uint64_t)usage.ru_maxrss * 1024u;
    if (write(status_socket, &done, sizeof done) != sizeof done)
        fail("status");
}

static void block_signals(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static void enter_box(const struct inside *inside, const struct room *room, uint64_t disk)
{
    char go;
    block_signals();
    if (read(inside->status, &go, 1) != 1)
        _exit(99);
    volunteer_to_die(0);
    if (room == NULL) {
        build_world(disk);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    family_adopt();
    room_furnish(room);
}

static _Noreturn void init_of_program(const struct program *program, const struct inside *inside)
{
    close(program->feed);
    enter_box(inside, program->room, program->limits->disk);
    write_source(program->source, program->room);
    say_ready(inside->status, program->room);
    pid_t worker = fork();
    if (worker < 0)
        fail("fork");
    if (worker == 0)
        become_program(program, inside);
    prctl(PR_SET_DUMPABLE, 0);
    close(inside->output);
    close(inside->error);
    close(program->input);
    int32_t ended = wait_for(worker);
    bury_children(program->room);
    collect_artifact(program, ended);
    report(inside->status, ended);
    _exit(0);
}

/* It stays dumpable, or else nobody could enter. Its capabilities keep programs from looking into it. */
static _Noreturn void init_of_empty_box(const struct inside *inside)
{
    enter_box(inside, room_of_zygote(), EMPTY_BOX_DISK);
    say_ready(inside->status, room_of_zygote());
    close(inside->output);
    close(inside->error);
    wait_for(NOBODY);
    bury_children(room_of_zygote());
    report(inside->status, SIGKILL);
    _exit(0);
}

static int start(struct box *box, const struct program *program, struct inside *inside)
{
    if (box_open(box, inside) != 0)
        return -1;
    box->room = program == NULL ? room_of_zygote() : program->room;
    box->disk = program == NULL ? EMPTY_BOX_DISK : program->limits->disk;
    int namespaces = box->room == NULL ? BOX_NAMESPACES : 0;
    pid_t init = (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);
    if (init == 0 && program == NULL)
        init_of_empty_box(inside);
    if (init == 0)
        init_of_program(program, inside);
    int started = init < 0 ? -1 : box_start(box, init);
    close_fd(&inside->status);
    if (started != 0) {
        close_fd(&inside->output);
        close_fd(&inside->error);
        box_destroy(box);
    }
    return started;
}

/* Starts a program in a new box. 0, or -1 when the box could not be made. */
int program_start(struct box *box, const struct program *program)
{
    struct inside inside;
    int started = start(box, program, &inside);
    close_fd(&inside.output);
    close_fd(&inside.error);
    return started;
}

/* A box that others enter. `inside` keeps the pipes that belong to them. 0 or -1. */
int empty_box_start(struct box *box, struct inside *inside)
{
    return start(box, NULL, inside);
}

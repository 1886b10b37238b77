#define _GNU_SOURCE
#include "limits.h"

#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_SIZE (64u << 20)
#define OPEN_FILES 64

/* A process that has died meanwhile needs none. */
static void limit(pid_t pid, int resource, uint64_t soft, uint64_t hard)
{
    struct rlimit both = {.rlim_cur = soft, .rlim_max = hard};
    if (prlimit(pid, resource, &both, NULL) != 0 && errno != ESRCH)
        fail("rlimit");
}

/*
 * Limits a process, 0 being the caller, and those it will fork. CPU time and memory are judged by the watcher; the
 * kernel's limits are there in case that the watcher fails. `tasks` are all that the kernel will count.
 */
void limits_set(pid_t pid, const struct limits *limits, uint64_t disk, uint64_t tasks)
{
    uint64_t seconds = limits->cpu_us / 1000000u + 2;
    limit(pid, RLIMIT_CPU, seconds, seconds + 1);
    limit(pid, RLIMIT_CORE, 0, 0);
    limit(pid, RLIMIT_MEMLOCK, 0, 0);
    limit(pid, RLIMIT_MSGQUEUE, 0, 0);
    limit(pid, RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES);
    limit(pid, RLIMIT_FSIZE, disk, disk);
    limit(pid, RLIMIT_STACK, STACK_SIZE, STACK_SIZE);
    limit(pid, RLIMIT_NPROC, tasks, tasks);
    if (limits->data > 0)
        limit(pid, RLIMIT_DATA, limits->data, limits->data);
}

/*
 * Makes a process, 0 being the caller, and those it will fork, the kernel's preferred victims when memory runs out. The
 * first process of a box volunteers for all: should killing the program not be enough, because files fill the memory,
 * the box goes.
 */
void volunteer_to_die(pid_t pid)
{
    char path[40] = "/proc/self/oom_score_adj";
    if (pid > 0)
        snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool refused = fd < 0 ? pid > 0 && errno != ENOENT : write(fd, "1000", 4) != 4 && errno != ESRCH;
    if (refused)
        fail("oom_score_adj");
    close_fd(&fd);
}

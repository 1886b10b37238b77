#define _GNU_SOURCE
#include "children.h"

#include "io.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

/* A descriptor that is readable when a child has died. */
int children_open(void)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    sigprocmask(SIG_BLOCK, &deaths, NULL);
    int fd = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        fail("signalfd");
    return fd;
}

/* Reaps a child, as wait4 does with these options. */
struct death children_next(int options)
{
    struct rusage usage;
    struct death death = {0};
    do
        death.pid = wait4(-1, &death.status, options, &usage);
    while (death.pid < 0 && errno == EINTR);
    if (death.pid <= 0)
        return (struct death){0};
    death.cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
                   (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    death.maxrss = (uint64_t)usage.ru_maxrss * 1024u;
    return death;
}

/* CPU time of a living child, in microseconds. */
uint64_t cpu_of(pid_t pid)
{
    struct timespec time;
    clockid_t clock = (clockid_t)((~(unsigned)pid << 3) | 2);
    return clock_gettime(clock, &time) == 0 ? (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u : 0;
}

/*
 * The watcher judges; the group is the wall behind it, for what grows between two looks. It holds the whole slot, so
 * its limit is what the slot uses before a run, and the run's own, and room for the runner's work. The kernel's victim
 * is always the program: it and its box volunteered (oom_score_adj), the runner and the zygote did not.
 */
#define _GNU_SOURCE
#include "cgroup.h"

#include "io.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM ((64u << 20) + 2 * LARGEST_OUTPUT) /* the next request, a program's file, its two streams */
#define PATH_SIZE 512

/* Opened while the runner still has the right to; a slot has one group, or none. */
static int limit = -1, usage = -1, events = -1;
static uint64_t kills;

static int open_in(const char *group, const char *name, int flags)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return open(path, flags | O_CLOEXEC);
}

static uint64_t read_number(int fd, const char *after)
{
    char text[1024];
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    if (got <= 0)
        fail("read the cgroup");
    text[got] = '\0';
    const char *at = strstr(text, after);
    return at == NULL ? 0 : strtoull(at + strlen(after), NULL, 10);
}

void cgroup_join(const char *path)
{
    if (path == NULL)
        return;
    int processes = open_in(path, "cgroup.procs", O_WRONLY);
    limit = open_in(path, "memory.max", O_WRONLY);
    bool unified = limit >= 0;
    if (!unified)
        limit = open_in(path, "memory.limit_in_bytes", O_WRONLY);
    usage = open_in(path, unified ? "memory.current" : "memory.usage_in_bytes", O_RDONLY);
    events = open_in(path, unified ? "memory.events" : "memory.oom_control", O_RDONLY);
    if (processes < 0 || limit < 0 || usage < 0 || events < 0 || write_all(processes, "0", 1) != 0)
        fail(path);
    close(processes);
}

/* Sets the limit for a run that is about to begin. */
void cgroup_limit(const struct limits *limits)
{
    char text[32];
    if (limit < 0)
        return;
    kills = read_number(events, "oom_kill ");
    uint64_t most = read_number(usage, "") + limits->memory + ROOM;
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)most);
    if (pwrite(limit, text, (size_t)length, 0) != length)
        fail("limit of the cgroup");
}

/* Whether the kernel has killed somebody of the slot for memory since the limit was set. */
bool cgroup_killed(void)
{
    return limit >= 0 && read_number(events, "oom_kill ") > kills;
}

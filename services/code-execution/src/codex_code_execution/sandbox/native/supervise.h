/* Watching one program until it ends or has to be ended. */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include "box.h"

struct stream {
    int fd;
    char *bytes;
    size_t size;
    size_t most;
};

struct feed {
    int fd; /* write end, -1 once everything was written */
    const char *bytes;
    size_t size;
};

struct run {
    struct box *box;
    const struct limits *limits;
    struct feed input;
    struct stream output, error;
    pid_t zygote;
    int deaths;   /* readable when a child of the runner died */
    bool loading; /* ends when the loader says so, not when a test's process dies */
    uint32_t load_state;

    bool finished;
    bool ended;  /* the program did; else it was killed, and nothing more is known */
    bool lost;   /* the box died without our doing */
    bool buried; /* the box is gone */
    uint32_t guard;
    int wait_status;
    int64_t started, next_look, deadline;
    uint64_t cpu_us, maxrss, memory_peak, tasks_peak;
    bool disk_full;
};

void supervise(struct run *run);

#endif

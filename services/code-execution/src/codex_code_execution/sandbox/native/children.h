/* The runner's children: first processes of boxes, and what a zygote's box forks. */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stdint.h>
#include <sys/types.h>

struct death {
    pid_t pid; /* 0: nobody died */
    int status;
    uint64_t cpu_us; /* with its own dead children's */
    uint64_t maxrss; /* bytes */
};

int children_open(void);
struct death children_next(int options);
uint64_t cpu_of(pid_t pid);

#endif

/* A box: the fresh world of one program. When its first process dies, everything in it is gone. */
#ifndef BOX_H
#define BOX_H

#include "children.h"
#include "room.h"
#include "wire.h"

#include <stdbool.h>
#include <sys/types.h>

/* What the first process of a box tells the runner over its status socket; READY brings two directories. */
enum status_kind { STATUS_READY = 1, STATUS_DONE = 2 };

struct status {
    uint32_t kind;
    int32_t wait_status;
    uint64_t cpu_us; /* of its children */
    uint64_t maxrss; /* of the largest of them, in bytes */
};

struct box {
    pid_t init;
    int status;
    int output, error; /* read ends */
    int tmpfs, proc;   /* directories of the box, for the watcher */
    const struct room *room; /* what it has instead of namespaces, or NULL */
    uint64_t disk;     /* how much may be in its files */

    /* Boxes of the zygote only. Their processes, but for the first one, are children of the runner. */
    pid_t loader;
    int orders;        /* socket to the loader, or -1 */
    char *answer;      /* memory shared with the box, or NULL */
    uint64_t reaped_us; /* CPU time of its dead */
    uint64_t maxrss;    /* of the largest of them in this test; of the loader only if it runs the test itself */
    bool last;          /* the loader runs the test itself */
    uint64_t before_us; /* CPU time that does not belong to the present test */
    uint64_t resident;  /* memory of the loader when it was ready */
};

/* The ends of a box's pipes and sockets that belong inside. */
struct inside {
    int status, output, error;
};

#define NO_BOX ((struct box){.status = -1, .output = -1, .error = -1, .tmpfs = -1, .proc = -1, .orders = -1})
#define BOX_NAMESPACES (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC)

int box_open(struct box *box, struct inside *inside);
int box_start(struct box *box, pid_t init);
pid_t box_first(const struct box *box);
pid_t box_second(const struct box *box);
uint64_t box_cpu(const struct box *box);
void box_limit(const struct box *box, const struct limits *limits);
void box_count(struct box *box, const struct death *death);
void box_bury(struct box *box);
void box_destroy(struct box *box);

#endif

/* How much the processes of a box use right now. */
#ifndef WATCH_H
#define WATCH_H

#include "box.h"

struct usage {
    uint64_t cpu_us;   /* of all processes that ever were in the box; a little behind */
    uint64_t memory;   /* bytes of all but the first process, files in memory included */
    uint64_t processes, tasks; /* without the first process; tasks: threads too */
    bool disk_full;
};

struct usage watch(const struct box *box);
uint64_t watch_shared(const struct box *box);
bool watch_strays(const struct box *box);
uint64_t watch_files(const struct box *box);
uint64_t resident_of(const struct box *box, pid_t pid);

#endif

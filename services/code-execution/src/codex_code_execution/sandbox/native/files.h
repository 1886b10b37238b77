/* A folder that hostile programs write to: how much is in it, and how it is emptied. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stdint.h>

struct contents {
    uint64_t bytes;
    unsigned entries;
    bool unclear; /* too many, too deep, or kept unreadable */
};

struct contents files_in(int directory);
void files_wipe(int directory);

#endif

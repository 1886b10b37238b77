/* A room: the folder that stands in for a box's files where there are no namespaces. A slot has two. */
#ifndef ROOM_H
#define ROOM_H

#include "slot.h"

#define ROOM_PATH_SIZE 256
#define BOX_SOURCE "/box/src" /* where a box has namespaces */

struct room {
    char path[ROOM_PATH_SIZE];
    char source[ROOM_PATH_SIZE + 8], tmp[ROOM_PATH_SIZE + 8]; /* folders in it */
    int folder;
    int rules; /* of Landlock, for those who are in it */
};

void rooms_open(const struct slot_options *options);
const struct room *room_of_zygote(void);
const struct room *room_of_programs(void);
void room_furnish(const struct room *room);
const char *room_source(const struct room *room);
char *const *room_environment(const struct room *room);

#endif

/* The Python process of a slot that lends its warm interpreter to boxes. */
#ifndef ZYGOTE_H
#define ZYGOTE_H

#include "box.h"

#include <stddef.h>

struct zygote {
    pid_t pid;
    int socket;
};

int zygote_start(struct zygote *zygote, const char *python, const char *text, size_t size);
int zygote_box(const struct zygote *zygote, struct box *box);
int zygote_order(struct box *box, const void *order, size_t size, int fd);

#endif

/* A slot: the long-lived place in which boxes are made, one after another. */
#ifndef SLOT_H
#define SLOT_H

#include <sys/types.h>

#define MOST_BINDS 16

struct slot_options {
    uid_t uid; /* who the slot is when the service is root */
    const char *socket; /* where to wait for workers; NULL: the worker is at stdin and stdout */
    const char *work;   /* the slot's own folder where there are to be no namespaces, else NULL */
    const char *cgroup; /* directory of the slot's memory group, or NULL */
    const char *binds[MOST_BINDS]; /* further read-only paths of toolchains */
    int bind_count;
};

void enter_slot(const struct slot_options *options);

#endif

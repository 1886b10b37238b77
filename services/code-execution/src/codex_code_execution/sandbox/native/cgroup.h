/* The slot's memory group. Everything in the slot is in it, from before the runner's first fork. */
#ifndef CGROUP_H
#define CGROUP_H

#include "wire.h"

#include <stdbool.h>

void cgroup_join(const char *path);
void cgroup_limit(const struct limits *limits);
bool cgroup_killed(void);

#endif

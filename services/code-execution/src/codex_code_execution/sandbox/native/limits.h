/* The kernel's limits of a program's processes. */
#ifndef LIMITS_H
#define LIMITS_H

#include "wire.h"

#include <sys/types.h>

void limits_set(pid_t pid, const struct limits *limits, uint64_t disk, uint64_t tasks);
void volunteer_to_die(pid_t pid);

#endif

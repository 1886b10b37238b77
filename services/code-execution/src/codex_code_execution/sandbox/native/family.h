/* The processes that descend from this one. Where there is no pid namespace to end, they are found and killed one by one. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef void family_visit(void *state, pid_t pid);

void family_keep(pid_t pid);
void family_forget(pid_t pid);
bool family_kept(pid_t pid);
void family_each(pid_t root, family_visit *visit, void *state);
int family_kill(void);
void family_end(void);
void family_adopt(void);
uint64_t family_tasks_of_user(void);

#endif

/* What programs may reach where there are no namespaces: a list of paths, no network, nobody outside. */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include <stdbool.h>

int landlock_version(void);
bool landlock_scopes_signals(void);
int landlock_rules(void);
void landlock_show(int rules, const char *path);
void landlock_device(int rules, const char *path);
void landlock_give(int rules, const char *path);
void landlock_enter(int rules);

#endif

/* The runner as the first process of a container: it waits for workers and makes a slot for each, one after another. */
#ifndef LISTEN_H
#define LISTEN_H

void await_worker(const char *path);

#endif

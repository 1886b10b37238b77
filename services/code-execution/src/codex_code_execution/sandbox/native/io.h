/* Plain helpers around descriptors, memory and time. */
#ifndef IO_H
#define IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MOST_FDS 8

void begin_stage(const char *name);
_Noreturn void fail(const char *what);
int64_t now_us(void);
int read_all(int fd, void *buffer, size_t size);
int write_all(int fd, const void *buffer, size_t size);
void write_file(const char *path, const char *text);
int send_with_fds(int socket, const void *data, size_t size, const int *fds, int count);
ssize_t receive_with_fds(int socket, void *data, size_t size, int *fds, int *count);
int wait_readable(int fd, int milliseconds);
int memory_file(const char *name, const void *data, size_t size);
int reopen_read_only(int fd);
void *private_memory(size_t size);
void close_fd(int *fd);
void execute(char *const *argv, char *const *environment);

#endif

#define _GNU_SOURCE
#include "listen.h"

#include "family.h"
#include "io.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAITING_WORKERS 4
#define LONGEST_COMPLAINT 2000
#define LONGEST_FAREWELL_MS 1000
#define NR_CLOSE_RANGE 436

/* A descriptor that is readable when a child has died or we are told to end; `before` is the mask that slots get. */
static int open_signals(sigset_t *before)
{
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigprocmask(SIG_BLOCK, &awaited, before);
    int fd = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        fail("signalfd");
    return fd;
}

/* Workers are other users in other containers: whoever reaches the socket's folder may connect. */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat found;
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof address.sun_path)
        fail(path);
    strcpy(address.sun_path, path);
    if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, WAITING_WORKERS) != 0)
        fail(path);
    umask(before);
    return fd;
}

static bool told_to_end(int signals)
{
    struct signalfd_siginfo got;
    bool told = false;
    while (read(signals, &got, sizeof got) == sizeof got)
        told = told || got.ssi_signo != SIGCHLD;
    return told;
}

/* Waits until something is to be said about one of the two. False when we are told to end. */
static bool wait_for(int signals, struct pollfd *other)
{
    struct pollfd polled[] = {{.fd = signals, .events = POLLIN}, *other};
    if (poll(polled, 2, -1) < 0 && errno != EINTR)
        fail("poll");
    other->revents = polled[1].revents;
    return polled[0].revents == 0 || !told_to_end(signals);
}

/* Reaps whoever has died, also those that lost their parents to us. Whether the slot is among them. */
static bool reap(pid_t slot)
{
    bool found = false;
    for (pid_t dead = waitpid(-1, NULL, WNOHANG); dead > 0; dead = waitpid(-1, NULL, WNOHANG))
        found = found || dead == slot;
    return found;
}

static _Noreturn void leave(const char *path)
{
    unlink(path);
    _exit(0);
}

static int next_connection(const char *path, int listener, int signals)
{
    for (;;) {
        struct pollfd polled = {.fd = listener, .events = POLLIN};
        if (!wait_for(signals, &polled))
            leave(path);
        reap(0);
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection >= 0)
            return connection;
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            fail("accept");
    }
}

/* Returns once the slot has ended or is to be ended, as its worker is gone. False when all is to end. */
static bool watch_slot(pid_t slot, int connection, int signals)
{
    for (;;) {
        struct pollfd polled = {.fd = connection, .events = POLLRDHUP};
        if (!wait_for(signals, &polled))
            return false;
        if (reap(slot) || polled.revents != 0)
            return true;
    }
}

/*
 * What a failed slot complained of goes to our own stderr and, as its last reply, to a worker that still listens. Hanging
 * up is left to that: if its next request met a closed connection, it would not come to read the reply.
 */
static void pass_complaint(int complaints, int connection)
{
    char text[LONGEST_COMPLAINT];
    ssize_t size = read(complaints, text, sizeof text);
    if (size <= 0)
        return;
    struct reply reply = {.fault = FAULT_ENDED, .error_size = (uint32_t)size};
    write_all(STDERR_FILENO, text, (size_t)size);
    if (send(connection, &reply, sizeof reply, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof reply)
        send(connection, text, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
    struct pollfd polled = {.fd = connection, .events = POLLRDHUP};
    shutdown(connection, SHUT_WR);
    poll(&polled, 1, LONGEST_FAREWELL_MS);
}

static void become_slot(int connection, int complaints, const sigset_t *mask)
{
    if (dup2(connection, STDIN_FILENO) < 0 || dup2(connection, STDOUT_FILENO) < 0 ||
        dup2(complaints, STDERR_FILENO) < 0)
        _exit(99);
    syscall(NR_CLOSE_RANGE, STDERR_FILENO + 1, ~0u, 0);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

/*
 * Forks for every worker that connects: the child returns, to become a slot with the connection as its stdin and
 * stdout. When either is gone the rest of the slot is killed and reaped; only then the next worker gets one.
 */
void await_worker(const char *path)
{
    sigset_t before;
    begin_stage("listening");
    int signals = open_signals(&before);
    int listener = open_socket(path);
    family_adopt();
    for (bool goes_on = true; goes_on;) {
        int complaints[2];
        int connection = next_connection(path, listener, signals);
        if (pipe2(complaints, O_CLOEXEC | O_NONBLOCK) != 0)
            fail("pipe");
        pid_t slot = fork();
        if (slot < 0)
            fail("fork");
        if (slot == 0) {
            become_slot(connection, complaints[1], &before);
            return;
        }
        close(complaints[1]);
        goes_on = watch_slot(slot, connection, signals);
        family_end();
        pass_complaint(complaints[0], connection);
        close(complaints[0]);
        close(connection);
    }
    leave(path);
}

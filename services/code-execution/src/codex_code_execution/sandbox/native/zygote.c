#define _GNU_SOURCE
#include "zygote.h"

#include "family.h"
#include "filter.h"
#include "io.h"
#include "limits.h"
#include "program.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS 10000
#define CONTROL_FD 3

static _Noreturn void become_zygote(const char *python, int script, int control)
{
    const struct room *room = room_of_zygote();
    char *const argv[] = {(char *)python, "-I", "-S", "-", (char *)(room == NULL ? "/box" : room->path), NULL};
    int null = open("/dev/null", O_WRONLY);
    if (dup2(script, 0) < 0 || dup2(null, 1) < 0 || dup2(control, CONTROL_FD) < 0)
        _exit(99);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    syscall(SYS_close_range, CONTROL_FD + 1, ~0u, 0);
    execute(argv, room_environment(room));
    fail(python);
}

/* Starts Python on this text. 0, or -1 when it did not become ready in time. */
int zygote_start(struct zygote *zygote, const char *python, const char *text, size_t size)
{
    int control[2];
    const struct sock_fprog *filter = job_filter(room_of_zygote() != NULL);
    int script = memory_file("zygote", text, size);
    if (script < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return -1;
    zygote->socket = control[0];
    zygote->pid = fork();
    if (zygote->pid == 0)
        become_zygote(python, script, control[1]);
    if (zygote->pid > 0)
        family_keep(zygote->pid);
    close(script);
    close(control[1]);
    char answer;
    size_t filter_size = filter->len * sizeof *filter->filter;
    bool sent = zygote->pid > 0 && send(control[0], filter->filter, filter_size, MSG_NOSIGNAL) > 0;
    return sent && wait_readable(control[0], START_MS) && recv(control[0], &answer, 1, 0) == 1 ? 0 : -1;
}

/*
 * Has the zygote put a loader into the box. It becomes our own child, as it is made with CLONE_PARENT. It enters the
 * namespaces of the box, or submits to the rules of its room.
 */
static int add_loader(const struct zygote *zygote, struct box *box, const struct inside *inside, int orders, int answer)
{
    int32_t pid = -1;
    bool spaces = box->room == NULL;
    int entry = spaces ? (int)syscall(SYS_pidfd_open, box->init, 0) : fcntl(box->room->rules, F_DUPFD_CLOEXEC, 0);
    int fds[] = {entry, orders, answer, inside->output, inside->error};
    if (entry >= 0 && send_with_fds(zygote->socket, spaces ? "n" : "r", 1, fds, 5) == 0 &&
        wait_readable(zygote->socket, START_MS) && recv(zygote->socket, &pid, sizeof pid, 0) != sizeof pid)
        pid = -1;
    close_fd(&entry);
    box->loader = pid > 0 ? pid : 0;
    if (pid > 0)
        volunteer_to_die(pid);
    if (pid > 0 && !spaces)
        family_keep(pid);
    return pid > 0 ? 0 : -1;
}

static int share_memory(struct box *box, int answer)
{
    void *memory = mmap(NULL, LARGEST_OUTPUT, PROT_READ | PROT_WRITE, MAP_SHARED, answer, 0);
    if (memory == MAP_FAILED || madvise(memory, LARGEST_OUTPUT, MADV_DONTFORK) != 0)
        return -1;
    box->answer = memory;
    return 0;
}

/* A box with a loader that waits for its order. 0 or -1. */
int zygote_box(const struct zygote *zygote, struct box *box)
{
    struct inside inside;
    int orders[2] = {-1, -1};
    if (empty_box_start(box, &inside) != 0)
        return -1;
    int answer = memfd_create("answer", MFD_CLOEXEC);
    int result = -1;
    if (answer >= 0 && ftruncate(answer, LARGEST_OUTPUT) == 0 && share_memory(box, answer) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, orders) == 0) {
        box->orders = orders[0];
        result = add_loader(zygote, box, &inside, orders[1], answer);
    }
    close_fd(&answer);
    close_fd(&orders[1]);
    close_fd(&inside.output);
    close_fd(&inside.error);
    if (result != 0)
        box_destroy(box);
    return result;
}

/* Hands the loader an order and a descriptor: the program's source, or the input of a test. */
int zygote_order(struct box *box, const void *order, size_t size, int fd)
{
    return send_with_fds(box->orders, order, size, &fd, 1);
}

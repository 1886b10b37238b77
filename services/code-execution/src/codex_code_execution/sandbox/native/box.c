#define _GNU_SOURCE
#include "box.h"

#include "family.h"
#include "files.h"
#include "io.h"
#include "limits.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS 10000
#define CLEAR_US 2000000

/* Makes the pipes of a new box. 0, or -1 with nothing left open. */
int box_open(struct box *box, struct inside *inside)
{
    int status[2] = {-1, -1}, output[2] = {-1, -1}, error[2] = {-1, -1};
    *box = NO_BOX;
    bool opened = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, status) == 0 && pipe2(output, O_CLOEXEC) == 0 &&
                  pipe2(error, O_CLOEXEC) == 0;
    box->status = status[0];
    box->output = output[0];
    box->error = error[0];
    *inside = (struct inside){.status = status[1], .output = output[1], .error = error[1]};
    if (opened && fcntl(box->output, F_SETFL, O_NONBLOCK) == 0 && fcntl(box->error, F_SETFL, O_NONBLOCK) == 0)
        return 0;
    close_fd(&inside->status);
    close_fd(&inside->output);
    close_fd(&inside->error);
    box_destroy(box);
    return -1;
}

/* One user is known inside: 1000, who outside of the box is what the runner is. */
static void map_ids(pid_t init)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/setgroups", init);
    write_file(path, "deny");
    snprintf(path, sizeof path, "/proc/%d/uid_map", init);
    write_file(path, "1000 0 1");
    snprintf(path, sizeof path, "/proc/%d/gid_map", init);
    write_file(path, "1000 0 1");
}

/* Lets a new box's first process go on, and waits until it has built its world. 0 or -1. */
int box_start(struct box *box, pid_t init)
{
    struct status status;
    int directories[2], count = 2;
    box->init = init;
    if (box->room == NULL)
        map_ids(init);
    else
        family_keep(init);
    if (write(box->status, "g", 1) != 1 || !wait_readable(box->status, START_MS))
        return -1;
    ssize_t got = receive_with_fds(box->status, &status, sizeof status, directories, &count);
    if (got != sizeof status || status.kind != STATUS_READY || count != 2)
        return -1;
    box->tmpfs = directories[0];
    box->proc = directories[1];
    return 0;
}

/* The box's first process, as its /proc calls it. */
pid_t box_first(const struct box *box)
{
    return box->room == NULL ? 1 : box->init;
}

/* Its loader, likewise. */
pid_t box_second(const struct box *box)
{
    return box->room == NULL ? 2 : box->loader;
}

/* CPU time of the runner's own children in this box. */
uint64_t box_cpu(const struct box *box)
{
    return box->reaped_us + (box->loader > 0 ? cpu_of(box->loader) : 0);
}

/* Adds the costs of one of them that died. */
void box_count(struct box *box, const struct death *death)
{
    box->reaped_us += death->cpu_us;
    if ((death->pid != box->loader || box->last) && death->maxrss > box->maxrss)
        box->maxrss = death->maxrss;
    if (death->pid == box->loader) {
        family_forget(box->loader);
        box->loader = 0;
    }
}

/*
 * Limits the loader and what it will fork. Where there is no user namespace, tasks are counted for the whole user, and
 * those that are there already come on top; else the box's first process and the loader do.
 */
void box_limit(const struct box *box, const struct limits *limits)
{
    uint64_t others = box->room == NULL ? 2 : family_tasks_of_user() - 1;
    if (box->loader > 0) /* else nobody will take the order */
        limits_set(box->loader, limits, box->disk, others + limits->processes);
}

static void count_dead(struct box *box)
{
    for (struct death death = children_next(WNOHANG); death.pid > 0; death = children_next(WNOHANG)) {
        if (family_kept(death.pid))
            fail("a process of the slot died");
        box_count(box, &death);
    }
}

/* Without namespaces nobody dies with the first process: kills until a look around finds nobody. */
static void clear_room(struct box *box)
{
    int64_t deadline = now_us() + CLEAR_US;
    family_forget(box->loader);
    while (family_kill() > 0) {
        count_dead(box);
        if (now_us() > deadline)
            fail("processes that can't be killed");
    }
    box->loader = 0;
}

/* Kills the box. Its first process ends last: once it is reaped no other one is left, and all costs are known. */
void box_bury(struct box *box)
{
    if (box->init <= 0 && box->room == NULL)
        return;
    if (box->init > 0)
        kill(box->init, SIGKILL);
    family_forget(box->init);
    while (box->init > 0) {
        struct death death = children_next(0);
        if (death.pid <= 0)
            fail("wait for the box");
        if (death.pid == box->init)
            box->init = 0;
        else
            box_count(box, &death);
    }
    if (box->room != NULL)
        clear_room(box);
}

void box_destroy(struct box *box)
{
    box_bury(box);
    if (box->room != NULL)
        files_wipe(box->room->folder);
    if (box->answer != NULL)
        munmap(box->answer, LARGEST_OUTPUT);
    close_fd(&box->status);
    close_fd(&box->output);
    close_fd(&box->error);
    close_fd(&box->tmpfs);
    close_fd(&box->proc);
    close_fd(&box->orders);
    *box = NO_BOX;
}

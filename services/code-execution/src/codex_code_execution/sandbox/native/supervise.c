#define _GNU_SOURCE
#include "supervise.h"

#include "family.h"
#include "io.h"
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_LOOK_US 5000
#define LOOK_EVERY_US 10000
#define GRACE_US 400000 /* time to count what was used, after which the box is killed without accounts */

enum { INPUT, OUTPUT, ERROR, STATUS, LOADER, DEATHS, POLLED };

/* Asks the box to end: its first process kills the others and reports their CPU time. The first reason counts. */
static void stop(struct run *run, uint32_t guard)
{
    if (run->guard != GUARD_NONE)
        return;
    run->guard = guard;
    run->deadline = now_us() + GRACE_US;
    kill(run->box->init, SIGTERM);
}

static void feed(struct run *run)
{
    struct feed *input = &run->input;
    ssize_t put = input->size > 0 ? write(input->fd, input->bytes, input->size) : 0;
    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (put > 0) {
        input->bytes += put;
        input->size -= (size_t)put;
    }
    if (put < 0 || input->size == 0)
        close_fd(&input->fd);
}

/* Reads what is there. False once nothing more can come now. */
static bool take(struct run *run, struct stream *stream)
{
    char beyond;
    bool full = stream->size == stream->most;
    char *to = full ? &beyond : stream->bytes + stream->size;
    ssize_t got = read(stream->fd, to, full ? 1 : stream->most - stream->size);
    if (got > 0 && full) {
        stop(run, GUARD_OUTPUT);
        stream->fd = -1;
        return false;
    }
    if (got > 0)
        stream->size += (size_t)got;
    if (got == 0)
        stream->fd = -1;
    return got > 0;
}

/* Until it has compiled, the loader runs none of the program and can be believed. */
static void hear_loader(struct run *run)
{
    char word;
    ssize_t got = recv(run->box->orders, &word, 1, MSG_DONTWAIT);
    bool early = run->load_state == LOAD_NONE;
    if (got != 1 || (early ? word != LOAD_COMPILED && word != LOAD_SYNTAX : word != LOAD_DONE))
        return;
    run->load_state = (uint32_t)word;
    run->finished = run->load_state != LOAD_COMPILED;
}

static uint64_t larger(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* The first process ended the box, by itself after its program or because it was told to. */
static void hear_status(struct run *run)
{
    struct status status;
    ssize_t got = recv(run->box->status, &status, sizeof status, MSG_DONTWAIT);
    run->finished = true;
    run->lost = got != sizeof status || status.kind != STATUS_DONE;
    if (run->lost)
        return;
    box_bury(run->box);
    run->buried = true;
    run->cpu_us = status.cpu_us + run->box->reaped_us - run->box->before_us;
    run->maxrss = larger(status.maxrss, larger(run->box->maxrss, run->maxrss));
    if (!run->ended)
        run->wait_status = status.wait_status;
    run->ended = true;
}

/* A test ended. Whoever it left behind is killed, and counted, before the test is over. */
static void test_ended(struct run *run, const struct death *death)
{
    run->ended = true;
    run->wait_status = death->status;
    run->maxrss = death->maxrss;
    if (run->guard != GUARD_NONE)
        return; /* the box is being ended anyway */
    if (!watch_strays(run->box)) {
        run->cpu_us = box_cpu(run->box) - run->box->before_us;
        run->box->before_us += run->cpu_us;
        run->finished = true;
        return;
    }
    run->deadline = now_us() + GRACE_US;
    kill(run->box->init, SIGTERM);
}

static void hear_death(struct run *run, const struct death *death)
{
    struct box *box = run->box;
    if (death->pid == box->init) {
        family_forget(box->init);
        box->init = 0;
        hear_status(run); /* what it said before may still be unread */
        return;
    }
    if (box->answer == NULL || death->pid == run->zygote)
        fail("an unexpected child died");
    box_count(box, death);
    if (!run->ended && (box->loader == 0 || !run->loading))
        test_ended(run, death);
}

static void hear_deaths(struct run *run)
{
    struct signalfd_siginfo ignored;
    if (read(run->deaths, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        fail("signalfd");
    while (!run->finished) {
        struct death death = children_next(WNOHANG);
        if (death.pid <= 0)
            return;
        hear_death(run, &death);
    }
}

static void note_usage(struct run *run, const struct usage *usage)
{
    uint64_t cpu_us = usage->cpu_us + run->box->reaped_us;
    run->cpu_us = cpu_us > run->box->before_us ? cpu_us - run->box->before_us : 0;
    uint64_t memory = usage->memory > run->box->resident ? usage->memory - run->box->resident : 0;
    if (memory > run->limits->memory || usage->processes > 2) { /* the quick sum counts shared pages more than once */
        uint64_t exact = watch_shared(run->box);
        memory = exact < memory ? exact : memory;
    }
    run->memory_peak = larger(run->memory_peak, memory);
    run->tasks_peak = larger(run->tasks_peak, usage->tasks);
    run->disk_full = run->disk_full || usage->disk_full;
}

static void look(struct run *run)
{
    struct usage usage = watch(run->box);
    note_usage(run, &usage);
    if (run->cpu_us > run->limits->cpu_us)
        stop(run, GUARD_CPU);
    if (run->memory_peak > run->limits->memory)
        stop(run, GUARD_MEMORY);
    if (run->box->room != NULL && usage.disk_full) /* nobody else refuses it more files */
        stop(run, GUARD_DISK);
}

/* The box did not end in time after it was told to: it is killed, and the watcher's sum has to do. */
static void give_up(struct run *run)
{
    box_bury(run->box);
    run->finished = run->buried = true;
    run->cpu_us = larger(run->cpu_us, run->box->reaped_us - run->box->before_us);
    run->maxrss = larger(run->maxrss, run->box->maxrss);
}

static void check_time(struct run *run)
{
    int64_t now = now_us();
    if (now >= run->deadline && (run->ended || run->guard != GUARD_NONE)) {
        give_up(run);
    } else if (now >= run->deadline) {
        stop(run, GUARD_WALL);
    } else if (now >= run->next_look) {
        look(run);
        run->next_look = now_us() + LOOK_EVERY_US;
    }
}

static int patience(const struct run *run)
{
    int64_t next = run->next_look < run->deadline ? run->next_look : run->deadline;
    int64_t left = next - now_us();
    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void wait_and_serve(struct run *run)
{
    struct pollfd polled[POLLED] = {
        [INPUT] = {.fd = run->input.fd, .events = POLLOUT},
        [OUTPUT] = {.fd = run->output.fd, .events = POLLIN},
        [ERROR] = {.fd = run->error.fd, .events = POLLIN},
        [STATUS] = {.fd = run->box->status, .events = POLLIN},
        [LOADER] = {.fd = run->loading ? run->box->orders : -1, .events = POLLIN},
        [DEATHS] = {.fd = run->deaths, .events = POLLIN},
    };
    if (poll(polled, POLLED, patience(run)) <= 0)
        return;
    if (polled[INPUT].revents != 0)
        feed(run);
    if (polled[OUTPUT].revents != 0)
        take(run, &run->output);
    if (polled[ERROR].revents != 0)
        take(run, &run->error);
    if (polled[LOADER].revents != 0)
        hear_loader(run);
    if (polled[STATUS].revents != 0)
        hear_status(run);
    if (polled[DEATHS].revents != 0 && !run->finished)
        hear_deaths(run);
}

/* All processes of the test are dead: what they wrote is in the pipes. */
static void drain(struct run *run)
{
    while (run->output.fd >= 0 && take(run, &run->output))
        ;
    while (run->error.fd >= 0 && take(run, &run->error))
        ;
}

/* Returns when the program ended, by itself or by a guard; fills in everything below `load_state`. */
void supervise(struct run *run)
{
    run->started = now_us();
    run->next_look = run->started + FIRST_LOOK_US;
    run->deadline = run->started + (int64_t)run->limits->wall_us;
    run->box->maxrss = 0;
    if (run->input.fd >= 0)
        feed(run);
    while (!run->finished) {
        wait_and_serve(run);
        if (!run->finished)
            check_time(run);
    }
    if (!run->lost)
        drain(run);
    close_fd(&run->input.fd);
}

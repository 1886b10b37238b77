#define _GNU_SOURCE
#include "job.h"

#include "cgroup.h"
#include "io.h"
#include "supervise.h"
#include "watch.h"
#include "zygote.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_SIZE 65536

/* The first words of the memory that a Python box shares with the runner. Nothing in it is believed. */
struct answer_head {
    uint32_t state;
    uint32_t size;
};

/* Arguments of a request, out of the memory that children don't inherit. */
struct command {
    struct limits limits;
    char *argv[MOST_ARGUMENTS];
    uint32_t count;
    const char *rest;
    size_t rest_size;
};

void job_init(struct job *job, struct zygote zygote, int deaths)
{
    memset(job, 0, sizeof *job);
    job->zygote = zygote;
    job->deaths = deaths;
    job->source.fd = -1;
    job->executable = -1;
    job->python = NO_BOX;
    job->output = private_memory(LARGEST_OUTPUT);
    job->error = private_memory(LARGEST_OUTPUT);
}

/* Removes every trace of the present job and makes the box of the next one. */
void job_finish(struct job *job)
{
    if (job->loaded || job->broken)
        box_destroy(&job->python);
    close_fd(&job->source.fd);
    close_fd(&job->executable);
    memset(job->order, 0, job->order_size);
    job->order_size = 0;
    job->loaded = job->broken = false;
    madvise(job->output, LARGEST_OUTPUT, MADV_DONTNEED);
    madvise(job->error, LARGEST_OUTPUT, MADV_DONTNEED);
    if (job->zygote.pid > 0 && job->python.init == 0 && zygote_box(&job->zygote, &job->python) != 0)
        fail("next box");
}

static void begin(struct run *run, const struct job *job, struct box *box, const struct limits *limits)
{
    size_t most = limits->output < LARGEST_OUTPUT ? limits->output : LARGEST_OUTPUT;
    *run = (struct run){.box = box, .limits = limits, .input = {.fd = -1}, .deaths = job->deaths};
    run->zygote = job->zygote.pid;
    cgroup_limit(limits);
    run->output = (struct stream){.fd = box->output, .bytes = job->output, .most = most};
    run->error = (struct stream){.fd = box->error, .bytes = job->error, .most = most};
}

static uint32_t guard_of(const struct run *run, const struct reply *reply)
{
    bool failed = reply->ended != ENDED_EXITED || reply->code != 0;
    if (run->guard != GUARD_NONE)
        return run->guard;
    if (reply->cpu_us > run->limits->cpu_us)
        return GUARD_CPU;
    if (reply->memory > run->limits->memory)
        return GUARD_MEMORY;
    if (failed && run->disk_full)
        return GUARD_DISK;
    return failed && run->tasks_peak >= run->limits->processes ? GUARD_PROCESSES : GUARD_NONE;
}

static void describe_end(struct reply *reply, const struct run *run)
{
    int status = run->ended ? run->wait_status : SIGKILL;
    bool exited = WIFEXITED(status);
    reply->ended = run->guard != GUARD_NONE ? ENDED_KILLED : exited ? ENDED_EXITED : ENDED_SIGNALED;
    reply->code = exited ? WEXITSTATUS(status) : WTERMSIG(status);
}

/* Turns what was observed into a reply. Accounts come from the kernel by way of processes that are ours. */
static void conclude(struct run *run, struct answer *answer)
{
    struct reply *reply = &answer->reply;
    uint64_t memory = run->maxrss + watch_files(run->box);
    if (run->guard == GUARD_NONE && cgroup_killed())
        run->guard = GUARD_MEMORY;
    describe_end(reply, run);
    reply->wall_us = (uint64_t)(now_us() - run->started);
    reply->cpu_us = run->cpu_us;
    reply->memory = memory > run->memory_peak ? memory : run->memory_peak;
    reply->guard = guard_of(run, reply);
    reply->fault = run->lost && run->guard == GUARD_NONE ? FAULT_LOST : 0;
    reply->output_size = (uint32_t)run->output.size;
    reply->error_size = (uint32_t)run->error.size;
    answer->output = run->output.bytes;
    answer->error = run->error.bytes;
}

static void loaded(struct job *job, struct run *run, struct answer *answer)
{
    struct reply *reply = &answer->reply;
    job->loaded = true;
    job->python.resident = resident_of(run->box, box_second(run->box));
    reply->state = LOAD_DONE;
    reply->wall_us = (uint64_t)(now_us() - run->started);
    reply->memory = job->python.resident;
    reply->output_size = (uint32_t)run->output.size;
    reply->error_size = (uint32_t)run->error.size;
    answer->output = run->output.bytes;
    answer->error = run->error.bytes;
}

/* Loads the job's program in a box. Its CPU time is part of the first test's. */
static void load(struct job *job, struct answer *answer, const struct limits *limits)
{
    struct run run;
    if (job->python.init == 0 && zygote_box(&job->zygote, &job->python) != 0)
        fail("box");
    lseek(job->source.fd, 0, SEEK_SET);
    begin(&run, job, &job->python, limits);
    run.loading = job->python.last = true; /* nothing but the loader can be what is measured */
    job->python.before_us = box_cpu(&job->python);
    box_limit(&job->python, limits);
    if (zygote_order(&job->python, job->order, job->order_size, job->source.fd) != 0)
        fail("order");
    supervise(&run);
    if (run.load_state == LOAD_DONE && run.guard == GUARD_NONE) {
        loaded(job, &run, answer);
        return;
    }
    conclude(&run, answer);
    answer->reply.state = run.load_state == LOAD_SYNTAX ? LOAD_SYNTAX : LOAD_NONE;
    job->broken = true;
}

void job_load(struct job *job, struct answer *answer, const char *payload, size_t size)
{
    struct limits limits;
    uint32_t order_size;
    size_t head = sizeof limits + sizeof order_size;
    answer->reply.fault = FAULT_REQUEST;
    if (size < head || job->zygote.pid <= 0)
        return;
    memcpy(&limits, payload, sizeof limits);
    memcpy(&order_size, payload + sizeof limits, sizeof order_size);
    if (order_size > LONGEST_ORDER || head + order_size > size)
        return;
    memcpy(job->order, payload + head, order_size);
    job->order_size = order_size;
    close_fd(&job->source.fd);
    job->source.fd = memory_file("source", payload + head + order_size, size - head - order_size);
    answer->reply.fault = job->source.fd < 0 ? FAULT_BOX : 0;
    if (job->source.fd >= 0)
        load(job, answer, &limits);
}

void job_source(struct job *job, struct answer *answer, const char *payload, size_t size)
{
    size_t length = strnlen(payload, size);
    answer->reply.fault = FAULT_REQUEST;
    if (length >= sizeof job->source.name || length == size || memchr(payload, '/', length) != NULL)
        return;
    close_fd(&job->source.fd);
    memcpy(job->source.name, payload, length + 1);
    job->source.fd = memory_file("source", payload + length + 1, size - length - 1);
    answer->reply.fault = job->source.fd < 0 ? FAULT_BOX : 0;
}

void job_program(struct job *job, struct answer *answer, const char *payload, size_t size)
{
    close_fd(&job->executable);
    int fd = memory_file("program", payload, size);
    job->executable = fd < 0 ? -1 : reopen_read_only(fd);
    answer->reply.fault = job->executable < 0 ? FAULT_BOX : 0;
}

/* Reads limits, a count and that many strings; they are copied to where a child can see them. */
static int parse(struct command *command, const char *payload, size_t size)
{
    static char arguments[ARGUMENTS_SIZE];
    size_t at = sizeof command->limits + sizeof command->count, used = 0;
    memset(command, 0, sizeof *command);
    if (size < at)
        return -1;
    memcpy(&command->limits, payload, sizeof command->limits);
    memcpy(&command->count, payload + sizeof command->limits, sizeof command->count);
    for (uint32_t i = 0; i < command->count; i++) {
        size_t length = strnlen(payload + at, size - at) + 1;
        if (i + 1 >= MOST_ARGUMENTS || at + length > size || used + length > sizeof arguments)
            return -1;
        command->argv[i] = memcpy(arguments + used, payload + at, length);
        used += length;
        at += length;
    }
    command->rest = payload + at;
    command->rest_size = size - at;
    return 0;
}

/* Opens stdin's pipe; the read end goes to the program, the write end is fed by the supervisor. */
static int open_input(struct run *run, const struct command *command)
{
    int input[2];
    if (pipe2(input, O_CLOEXEC) != 0 || fcntl(input[1], F_SETFL, O_NONBLOCK) != 0)
        fail("pipe");
    run->input = (struct feed){.fd = input[1], .bytes = command->rest, .size = command->rest_size};
    return input[0];
}

/* Runs an executable in a box of its own, which is destroyed after the answer went out. */
static void run_program(struct job *job, struct answer *answer, const struct command *command, struct program *program)
{
    struct run run;
    struct run feeding = {0};
    program->limits = &command->limits;
    program->source = program->executable < 0 ? &job->source : &(struct file){.fd = -1};
    memcpy(program->argv, command->argv, sizeof program->argv);
    program->input = open_input(&feeding, command);
    program->feed = feeding.input.fd;
    int started = program_start(&answer->spent, program);
    close_fd(&program->input);
    if (started != 0) {
        close_fd(&feeding.input.fd);
        answer->reply.fault = FAULT_BOX;
        return;
    }
    begin(&run, job, &answer->spent, &command->limits);
    run.input = feeding.input;
    supervise(&run);
    conclude(&run, answer);
}

/* Keeps what the compiler made for the tests, and shows it to the service, which may store it. */
static void keep_artifact(struct job *job, struct answer *answer, int artifact)
{
    off_t size = lseek(artifact, 0, SEEK_END);
    bool made = size > 0 && answer->reply.ended == ENDED_EXITED && answer->reply.code == 0;
    void *bytes = made ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, artifact, 0) : MAP_FAILED;
    if (bytes == MAP_FAILED) {
        close(artifact);
        return;
    }
    /* It reuses the buffer of stdout, which says nothing once a compiler succeeded. */
    memcpy(job->output, bytes, (size_t)size);
    munmap(bytes, (size_t)size);
    answer->reply.output_size = 0;
    answer->text = job->output;
    answer->reply.answer_size = (uint32_t)size;
    close_fd(&job->executable);
    job->executable = reopen_read_only(artifact);
}

void job_compile(struct job *job, struct answer *answer, const char *payload, size_t size)
{
    struct command command;
    answer->reply.fault = FAULT_REQUEST;
    if (parse(&command, payload, size) != 0 || command.count < 2)
        return;
    answer->reply.fault = 0;
    const char *artifact_name = command.argv[command.count - 1]; /* the last string names the artifact */
    command.argv[command.count - 1] = NULL;
    struct program program = {.room = room_of_programs(), .executable = -1, .artifact_name = artifact_name};
    program.artifact = memory_file("artifact", "", 0);
    if (program.artifact < 0)
        fail("artifact");
    run_program(job, answer, &command, &program);
    keep_artifact(job, answer, program.artifact);
}

/*
 * One fork of the loaded program; the last test has no need to fork, and uses up the loader itself. The box is used
 * again unless the test left something behind.
 */
static void test_python(struct job *job, struct answer *answer, const struct command *command, bool last)
{
    struct run run;
    struct answer_head *head = (struct answer_head *)job->python.answer;
    *head = (struct answer_head){0};
    begin(&run, job, &job->python, &command->limits);
    int input = open_input(&run, command);
    job->python.last = last;
    int ordered = zygote_order(&job->python, last ? "l" : "t", 1, input);
    close(input);
    if (ordered != 0) /* the program filled or closed what its loader listens to */
        run.input.size = 0;
    supervise(&run);
    conclude(&run, answer);
    uint32_t size = head->size;
    answer->reply.state = head->state;
    answer->reply.answer_size = size <= LARGEST_OUTPUT - sizeof *head ? size : 0;
    answer->text = job->python.answer + sizeof *head;
    if (run.lost || run.buried) {
        answer->spent = job->python;
        job->python = NO_BOX;
        job->loaded = false;
    } else if (job->python.loader == 0) {
        job->loaded = false;
        job->broken = true;
    }
}

static void not_run(struct answer *answer)
{
    answer->reply.ended = ENDED_NOT_RUN;
}

void job_test(struct job *job, struct answer *answer, const char *payload, size_t size, bool last)
{
    struct command command;
    if (parse(&command, payload, size) != 0) {
        answer->reply.fault = FAULT_REQUEST;
        return;
    }
    if (command.count > 0) {
        struct program program = {.room = room_of_programs(), .executable = job->executable, .artifact = -1};
        run_program(job, answer, &command, &program);
        return;
    }
    if (!job->loaded && !job->broken && job->order_size > 0)
        load(job, answer, &command.limits);
    if (!job->loaded)
        not_run(answer);
    else
        test_python(job, answer, &command, last);
}

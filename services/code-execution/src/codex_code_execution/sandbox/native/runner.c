/*
 * The runner: pid 1 of a slot. It makes one box after another for programs that nobody trusts, watches them, and
 * tells the service what the kernel counted. It speaks the protocol of wire.h over stdin and stdout, does one thing
 * at a time, and ends when stdin does. Whatever surprises it ends it as well: the service then makes a new slot.
 * With --listen it is a container's first process, and becomes a slot for every worker that connects.
 */
#define _GNU_SOURCE
#include "children.h"
#include "io.h"
#include "job.h"
#include "listen.h"
#include "slot.h"
#include "wire.h"
#include "zygote.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define LONGEST_PATH 512
#define TEARDOWN_AFTER_MS 12 /* the verdict is on its way meanwhile: tearing down would compete with it */

static struct slot_options parse_options(int argc, char **argv)
{
    struct slot_options options = {.uid = 65534};
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        if (strcmp(argv[i], "--uid") == 0)
            options.uid = (uid_t)atoi(value);
        else if (strcmp(argv[i], "--listen") == 0)
            options.socket = value;
        else if (strcmp(argv[i], "--landlock") == 0)
            options.work = value;
        else if (strcmp(argv[i], "--cgroup") == 0)
            options.cgroup = value;
        else if (strcmp(argv[i], "--bind") == 0 && options.bind_count < MOST_BINDS)
            options.binds[options.bind_count++] = value;
        else
            _exit(2);
    }
    return options;
}

static void send_parts(struct iovec *parts, int count)
{
    while (count > 0) {
        ssize_t put = writev(STDOUT_FILENO, parts, count);
        if (put < 0)
            fail("reply");
        for (; count > 0 && (size_t)put >= parts->iov_len; parts++, count--)
            put -= (ssize_t)parts->iov_len;
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + put;
            parts->iov_len -= (size_t)put;
        }
    }
}

static void send_answer(const struct answer *answer)
{
    const struct reply *reply = &answer->reply;
    struct iovec parts[] = {
        {(void *)reply, sizeof *reply},
        {(void *)answer->output, reply->output_size},
        {(void *)answer->error, reply->error_size},
        {(void *)answer->text, reply->answer_size},
    };
    send_parts(parts, 4);
}

static void start_slot(struct job *job, struct answer *answer, const char *payload, size_t size)
{
    struct zygote zygote = {.socket = -1};
    char python[LONGEST_PATH]; /* the zygote does not inherit the payload */
    int deaths = children_open();
    size_t length = strnlen(payload, size);
    if (length == size || length >= sizeof python)
        fail("interpreter");
    memcpy(python, payload, length + 1);
    if (zygote_start(&zygote, python, payload + length + 1, size - length - 1) != 0)
        fail("zygote");
    answer->reply.state = WIRE_VERSION;
    job_init(job, zygote, deaths);
    job_finish(job);
}

static void handle(struct job *job, const struct request_header *header, const char *payload)
{
    struct answer answer = {.spent = NO_BOX};
    size_t size = header->size;
    switch (header->type) {
    case REQUEST_ZYGOTE: start_slot(job, &answer, payload, size); break;
    case REQUEST_LOAD: job_load(job, &answer, payload, size); break;
    case REQUEST_SOURCE: job_source(job, &answer, payload, size); break;
    case REQUEST_PROGRAM: job_program(job, &answer, payload, size); break;
    case REQUEST_COMPILE: job_compile(job, &answer, payload, size); break;
    case REQUEST_TEST: job_test(job, &answer, payload, size, false); break;
    case REQUEST_LAST: job_test(job, &answer, payload, size, true); break;
    default: answer.reply.fault = FAULT_REQUEST;
    }
    send_answer(&answer);
    box_destroy(&answer.spent);
}

/* The old box dies a little after the answer, or when the next job comes, but always before that is read. */
static void end_job(struct job *job)
{
    wait_readable(STDIN_FILENO, TEARDOWN_AFTER_MS);
    job_finish(job);
}

int main(int argc, char **argv)
{
    static struct job job;
    struct request_header header;
    struct slot_options options = parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    if (options.socket != NULL)
        await_worker(options.socket);
    enter_slot(&options);
    char *payload = private_memory(LARGEST_REQUEST);
    while (read_all(STDIN_FILENO, &header, sizeof header) == 0) {
        if (header.size > LARGEST_REQUEST || read_all(STDIN_FILENO, payload, header.size) != 0)
            break;
        if (header.type == REQUEST_END)
            end_job(&job);
        else
            handle(&job, &header, payload);
        madvise(payload, header.size, MADV_DONTNEED);
    }
    _exit(0);
}

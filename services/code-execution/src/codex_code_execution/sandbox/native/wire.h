/* What service and runner say to each other: a request header and its payload, answered by one reply. Little endian. */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>

enum request_type {
    REQUEST_ZYGOTE = 'Z',  /* interpreter's name or path, NUL, text of the zygote: the first request, answered once the
                              slot is ready, with WIRE_VERSION as state */
    REQUEST_LOAD = 'L',    /* struct limits, u32 size, loader's order, source: load a Python program */
    REQUEST_SOURCE = 'S',  /* name, NUL, bytes: a file that every following box of this job has */
    REQUEST_PROGRAM = 'P', /* bytes: the executable that tests run, compiled earlier */
    REQUEST_COMPILE = 'C', /* struct limits, u32 count, argv (NUL-terminated strings), artifact's name */
    REQUEST_TEST = 'T',    /* struct limits, u32 count, argv, stdin; no argv: test the loaded Python program */
    REQUEST_LAST = 'F',    /* the same for the last test of a job, which may use the loaded program up */
    REQUEST_END = 'E',     /* the job is over; not answered */
};

struct request_header {
    uint32_t type;
    uint32_t size;
};

struct limits {
    uint64_t cpu_us;
    uint64_t wall_us;
    uint64_t memory;
    uint64_t data; /* RLIMIT_DATA; 0: none, for runtimes that reserve more than they use */
    uint64_t output;
    uint64_t disk;
    uint64_t processes;
};

enum ended { ENDED_EXITED = 0, ENDED_SIGNALED = 1, ENDED_KILLED = 2, ENDED_NOT_RUN = 3 };

enum guard {
    GUARD_NONE = 0,
    GUARD_CPU = 1,
    GUARD_WALL = 2,
    GUARD_MEMORY = 3,
    GUARD_OUTPUT = 4,
    GUARD_PROCESSES = 5,
    GUARD_DISK = 6,
};

/* What a loader came to (LOAD). Tests report the state word of the answer region instead. */
enum load_state { LOAD_NONE = 0, LOAD_COMPILED = 1, LOAD_DONE = 2, LOAD_SYNTAX = 3 };

/* The slot failed; nothing is said about the program. ENDED is its last word, with what it complained of as error. */
enum fault { FAULT_NONE = 0, FAULT_REQUEST = 1, FAULT_BOX = 2, FAULT_LOST = 3, FAULT_ENDED = 4 };

struct reply {
    uint32_t ended;
    int32_t code; /* exit code or signal */
    uint32_t guard;
    uint32_t state;
    uint64_t cpu_us;
    uint64_t wall_us;
    uint64_t memory;
    uint32_t output_size; /* the three texts follow in this order */
    uint32_t error_size;
    uint32_t answer_size;
    uint32_t fault;
};

#define WIRE_VERSION 2 /* another number where an older service or runner would misunderstand this one */
#define LARGEST_REQUEST (48u << 20)
#define LARGEST_OUTPUT (16u << 20)

#endif

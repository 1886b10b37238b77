/* One job: a program and the tests that it is run on. */
#ifndef JOB_H
#define JOB_H

#include "program.h"
#include "zygote.h"

#include <stddef.h>

#define LONGEST_ORDER 16384

struct job {
    struct zygote zygote;
    int deaths; /* readable when a child died */
    struct file source;
    int executable;
    struct box python;      /* made ahead of the job that will use it */
    char order[LONGEST_ORDER];
    size_t order_size;
    bool loaded, broken;
    char *output, *error;   /* LARGEST_OUTPUT bytes each, never inherited */
};

/* Texts that go with a reply; valid until the next request. */
struct answer {
    struct reply reply;
    const char *output, *error, *text;
    struct box spent; /* to be destroyed once the answer is sent */
};

void job_init(struct job *job, struct zygote zygote, int deaths);
void job_finish(struct job *job);
void job_load(struct job *job, struct answer *answer, const char *payload, size_t size);
void job_source(struct job *job, struct answer *answer, const char *payload, size_t size);
void job_program(struct job *job, struct answer *answer, const char *payload, size_t size);
void job_compile(struct job *job, struct answer *answer, const char *payload, size_t size);
void job_test(struct job *job, struct answer *answer, const char *payload, size_t size, bool last);

#endif

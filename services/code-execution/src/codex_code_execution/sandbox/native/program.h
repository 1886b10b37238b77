/* Running an executable in a box of its own. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "box.h"

#define MOST_ARGUMENTS 64

/* A file that boxes get in their source directory; fd is -1 where there is none. */
struct file {
    int fd;
    char name[128];
};

struct program {
    const struct room *room; /* where it is run if there are no namespaces */
    char *argv[MOST_ARGUMENTS];
    int executable; /* memory file to execute, or -1: argv[0] is a path */
    int input;      /* read end of stdin */
    int feed;       /* its write end, which belongs to the runner alone */
    const struct limits *limits;
    const struct file *source;
    int artifact;              /* memory file that takes what a compiler made, or -1 */
    const char *artifact_name; /* its name in the source directory */
};

int empty_box_start(struct box *box, struct inside *inside);
int program_start(struct box *box, const struct program *program);

#endif

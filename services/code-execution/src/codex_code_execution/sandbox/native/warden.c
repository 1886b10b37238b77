#define _GNU_SOURCE
#include "warden.h"

#include "family.h"
#include "files.h"
#include "io.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns once the runner ended, or somebody wants the slot to end: the service, or the kernel because it died. */
static int wait_for_end(pid_t runner, const sigset_t *expected)
{
    int status = 0;
    for (;;) {
        int number = sigwaitinfo(expected, NULL);
        if (number == SIGTERM)
            return 0;
        pid_t dead;
        while ((dead = waitpid(-1, &status, WNOHANG)) > 0)
            if (dead == runner)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
    }
}

/* Forks: the child goes on as the runner, the parent sees to it that nothing is left when that ends. */
void become_ward(const char *work)
{
    sigset_t expected, before;
    sigemptyset(&expected);
    sigaddset(&expected, SIGCHLD);
    sigaddset(&expected, SIGTERM);
    sigprocmask(SIG_BLOCK, &expected, &before);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    family_adopt();
    pid_t runner = fork();
    if (runner < 0)
        fail("fork");
    if (runner == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        family_adopt();
        return;
    }
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    int status = wait_for_end(runner, &expected);
    family_end();
    int folder = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        files_wipe(folder);
    _exit(status);
}

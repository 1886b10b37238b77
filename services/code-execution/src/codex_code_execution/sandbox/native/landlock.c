#define _GNU_SOURCE
#include "landlock.h"

#include "io.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From the kernel's interface, of which older headers know a part. */
#define NR_CREATE_RULESET 444
#define NR_ADD_RULE 445
#define NR_RESTRICT_SELF 446
#define CREATE_VERSION 1
#define PATH_BENEATH 1

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    MAKE_CHAR = 1 << 6,
    MAKE_BLOCK = 1 << 11,
    VERSION_1 = (1 << 13) - 1,
    REFER = 1 << 13,     /* version 2 */
    TRUNCATE = 1 << 14,  /* version 3 */
    IOCTL_DEV = 1 << 15, /* version 5 */
    OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV,
};
#define TCP 3u            /* bind and connect; version 4 */
#define NOBODY_OUTSIDE 3u /* abstract sockets and signals; version 6 */

struct ruleset {
    uint64_t files, network, scoped;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* 0 where the kernel has no Landlock. */
int landlock_version(void)
{
    long version = syscall(NR_CREATE_RULESET, NULL, 0, CREATE_VERSION);
    return version < 0 ? 0 : (int)version;
}

bool landlock_scopes_signals(void)
{
    return landlock_version() >= 6;
}

static uint64_t known(void)
{
    int version = landlock_version();
    return (uint64_t)(VERSION_1 | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0) |
                      (version >= 5 ? IOCTL_DEV : 0));
}

/* Rules that allow nothing yet, as a descriptor. */
int landlock_rules(void)
{
    int version = landlock_version();
    struct ruleset ruleset = {known(), version >= 4 ? TCP : 0, version >= 6 ? NOBODY_OUTSIDE : 0};
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    int fd = (int)syscall(NR_CREATE_RULESET, &ruleset, size, 0);
    if (fd < 0)
        fail("Landlock");
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static void allow(int rules, const char *path, uint64_t rights)
{
    struct stat found;
    struct path_rule rule = {.parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0)
        return; /* what does not exist needs no right */
    bool folder = fstat(rule.parent, &found) == 0 && S_ISDIR(found.st_mode);
    rule.allowed = rights & known() & (folder ? ~0ull : (uint64_t)OF_FILES);
    if (syscall(NR_ADD_RULE, rules, PATH_BENEATH, &rule, 0) != 0)
        fail(path);
    close(rule.parent);
}

void landlock_show(int rules, const char *path)
{
    allow(rules, path, EXECUTE | READ_FILE | READ_DIR);
}

void landlock_device(int rules, const char *path)
{
    allow(rules, path, READ_FILE | WRITE_FILE | TRUNCATE);
}

void landlock_give(int rules, const char *path)
{
    allow(rules, path, (VERSION_1 & ~(MAKE_CHAR | MAKE_BLOCK)) | REFER | TRUNCATE);
}

/* From here on, for this process and all that it forks. */
void landlock_enter(int rules)
{
    if (syscall(NR_RESTRICT_SELF, rules, 0) != 0)
        fail("Landlock");
}

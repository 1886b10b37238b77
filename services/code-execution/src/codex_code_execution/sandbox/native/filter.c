/*
 * A deny list: programs of many runtimes meet it, so what is harmless stays allowed. Denied is what reaches other
 * processes, namespaces, kernel objects without a size limit, or code paths that a solution never needs. Numbers
 * newer than this list and foreign calling conventions look as if the kernel did not know them.
 */
#define _GNU_SOURCE
#include "filter.h"

#include "io.h"
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "the filter knows x86_64 and aarch64"
#endif

#define NEWEST_KNOWN 462
#define NAMESPACE_FLAGS \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)
#define NR_CLONE3 435
#define NR_MEMFD_SECRET 447

static const int denied[] = {
    /* other processes */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, 438 /* pidfd_getfd */, 440 /* process_madvise */,
    448 /* process_mrelease */, SYS_migrate_pages, SYS_move_pages, SYS_mbind, SYS_set_mempolicy, SYS_setpriority,
    SYS_sched_setattr, SYS_ioprio_set,
    /* namespaces and mounts */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, 428 /* open_tree */,
    429 /* move_mount */, 430 /* fsopen */, 431 /* fsconfig */, 432 /* fsmount */, 433 /* fspick */,
    442 /* mount_setattr */, 457 /* statmount */, 458 /* listmount */, SYS_sethostname, SYS_setdomainname,
    /* the machine */
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_syslog, SYS_acct, SYS_quotactl, 443 /* quotactl_fd */, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_vhangup, SYS_personality, SYS_lookup_dcookie,
    /* attack surface that a solution never needs */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_seccomp, 425 /* io_uring_setup */, 426, 427,
    444 /* landlock_create_ruleset */, 445, 446, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init,
    SYS_fanotify_mark, SYS_inotify_init1, SYS_inotify_add_watch,
    /* what outlives or escapes the accounting of memory */
    SYS_memfd_create, NR_MEMFD_SECRET, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_shmget, SYS_shmat, SYS_shmctl,
    SYS_shmdt, SYS_semget, SYS_semop, SYS_semctl, SYS_semtimedop, SYS_msgget, SYS_msgsnd, SYS_msgrcv, SYS_msgctl,
    SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef __x86_64__
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_inotify_init, SYS_uselib, SYS_ustat, SYS_sysfs,
#endif
};

/*
 * For programs that see the machine's own processes and files, which Landlock doesn't keep them from in every way:
 * changing owners, modes, times and attributes of the same user's files; connecting to services by a path.
 */
static const int denied_if_exposed[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_fchmodat, SYS_fchownat, SYS_fchown, SYS_utimensat, SYS_truncate,
    452 /* fchmodat2 */, SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr,
#ifdef __x86_64__
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

/* Signals, where Landlock does not keep them inside. A program then can't even abort() properly. */
static const int signals[] = {
    SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, 424 /* pidfd_send_signal */,
};

#define COUNT(list) (sizeof list / sizeof list[0])
#define CALLS (NEWEST_KNOWN + 1)
#define MOST_RULES 16
#define RULE_LENGTH 4
#define MOST_INSTRUCTIONS (CALLS + RULE_LENGTH * MOST_RULES + 16)
#define LONGEST_JUMP 255

/* A call that is allowed or fails, according to one of its arguments. Error 0: it is allowed. */
struct rule {
    int argument;
    unsigned short test;
    unsigned value;
    int error, otherwise;
};

/* What is done about a call: one of these, or a rule's number after them. */
enum { ALLOWED, REFUSED, UNHEARD_OF, RULES };

struct plan {
    unsigned char of[CALLS + 1]; /* the last one stands for all newer calls */
    struct rule rules[MOST_RULES];
    int count;
};

struct program {
    struct sock_filter code[MOST_INSTRUCTIONS];
    unsigned short length;
    unsigned short ends; /* where the search's instructions end, and what is done follows */
};

/* The first decision about a call counts. */
static void decide(struct plan *plan, int call, int what)
{
    if (plan->of[call] == ALLOWED)
        plan->of[call] = (unsigned char)what;
}

static void refuse_all(struct plan *plan, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        decide(plan, calls[i], REFUSED);
}

static void add_rule(struct plan *plan, int call, struct rule rule)
{
    plan->rules[plan->count] = rule;
    decide(plan, call, RULES + plan->count++);
}

/* If `test` holds for the argument, the call is refused. */
static void refuse_if(struct plan *plan, int call, int argument, unsigned short test, unsigned value)
{
    add_rule(plan, call, (struct rule){argument, test, value, EPERM, 0});
}

static void refuse_to_the_exposed(struct plan *plan)
{
    refuse_all(plan, denied_if_exposed, COUNT(denied_if_exposed));
    /* Datagrams (types 2 and 3) can be sent to any path. */
    refuse_if(plan, SYS_socketpair, 1, BPF_JSET, 2);
    /* Of other processes; 0 is the caller. */
    refuse_if(plan, SYS_prlimit64, 0, BPF_JGE, 1);
    refuse_if(plan, SYS_sched_setaffinity, 0, BPF_JGE, 1);
    refuse_if(plan, SYS_sched_setscheduler, 0, BPF_JGE, 1);
    refuse_if(plan, SYS_sched_setparam, 0, BPF_JGE, 1);
    if (landlock_scopes_signals())
        return;
    refuse_all(plan, signals, COUNT(signals));
    /* F_SETOWN, F_SETSIG and F_SETOWN_EX, by which the kernel is made to send signals, have this bit. */
    refuse_if(plan, SYS_fcntl, 1, BPF_JSET, F_SETOWN);
}

static void draw_up(struct plan *plan, bool exposed)
{
    plan->of[CALLS] = UNHEARD_OF;
    decide(plan, NR_CLONE3, UNHEARD_OF); /* its flags lie in memory: libc falls back to clone */
    refuse_all(plan, denied, COUNT(denied));
    if (exposed)
        refuse_to_the_exposed(plan);
    refuse_if(plan, SYS_clone, 0, BPF_JSET, NAMESPACE_FLAGS);
    refuse_if(plan, SYS_ioctl, 1, BPF_JEQ, TIOCSTI);
    /* socket() of any family but AF_UNIX fails as on a kernel without that family. */
    add_rule(plan, SYS_socket, (struct rule){0, BPF_JEQ, AF_UNIX, 0, EAFNOSUPPORT});
}

static void add(struct program *program, struct sock_filter instruction)
{
    program->code[program->length++] = instruction;
}

static void load(struct program *program, size_t offset)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void answer(struct program *program, int error)
{
    unsigned value = error == 0 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | (unsigned)error;
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
}

static void refuse_foreign(struct program *program)
{
    load(program, offsetof(struct seccomp_data, arch));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0));
    answer(program, ENOSYS);
    load(program, offsetof(struct seccomp_data, nr));
}

/* How many calls from this one on meet the same decision. */
static int alike(const struct plan *plan, int call)
{
    int next = call + 1;
    while (next <= CALLS && plan->of[next] == plan->of[call])
        next++;
    return next - call;
}

/* The numbers at which the decision changes, in order; how many they are. */
static int changes(const struct plan *plan, int *at)
{
    int count = 0;
    for (int call = alike(plan, 0); call <= CALLS; call += alike(plan, call))
        at[count++] = call;
    return count;
}

static unsigned char jump(const struct program *program, int target)
{
    int distance = target - program->length - 1;
    if (distance > LONGEST_JUMP)
        fail("a filter of this length");
    return (unsigned char)distance;
}

static int place_of(const struct program *program, int what)
{
    return program->ends + (what < RULES ? what : RULES + (what - RULES) * RULE_LENGTH);
}

/* Halves the list of changes until one decision is left. The kernel runs all this for every call when it is installed. */
static void search(struct program *program, const struct plan *plan, const int *at, int count)
{
    int half = count / 2, below = half, above = count - half - 1;
    int upper = above > 0 ? program->length + 1 + below : place_of(program, plan->of[at[half]]);
    int lower = below > 0 ? program->length + 1 : place_of(program, plan->of[at[half] - 1]);
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)at[half], jump(program, upper),
                                              jump(program, lower)));
    if (below > 0)
        search(program, plan, at, below);
    if (above > 0)
        search(program, plan, at + half + 1, above);
}

static void add_rules(struct program *program, const struct plan *plan)
{
    for (int i = 0; i < plan->count; i++) {
        const struct rule *rule = &plan->rules[i];
        load(program, offsetof(struct seccomp_data, args) + 8u * (unsigned)rule->argument);
        add(program, (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | BPF_K | rule->test), rule->value, 0, 1));
        answer(program, rule->error);
        answer(program, rule->otherwise);
    }
}

static void build(struct program *program, const struct plan *plan)
{
    int at[CALLS];
    int count = changes(plan, at);
    refuse_foreign(program);
    program->ends = (unsigned short)(program->length + count);
    search(program, plan, at, count);
    answer(program, 0); /* in the order of their names: ALLOWED, REFUSED, UNHEARD_OF */
    answer(program, EPERM);
    answer(program, ENOSYS);
    add_rules(program, plan);
}

/* `exposed`: for programs that no namespace keeps apart from the machine. */
const struct sock_fprog *job_filter(bool exposed)
{
    static struct program program;
    static struct sock_fprog result;
    if (program.length == 0) {
        struct plan plan = {0};
        draw_up(&plan, exposed);
        build(&program, &plan);
        result = (struct sock_fprog){.len = program.length, .filter = program.code};
    }
    return &result;
}

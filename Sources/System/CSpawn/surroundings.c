#define _GNU_SOURCE
#include "surroundings.h"
#include "CSpawn.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>

/* The kernel's structure; that of the C library refuses the signals that it uses itself (32 and 33). */
struct kernel_action {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};
#endif

static struct wegent_surroundings initial;

/* Before main: nothing has raised a limit or ignored a signal yet. */
__attribute__((constructor(101))) static void record(void) {
    getrlimit(RLIMIT_NOFILE, &initial.files);
    initial.umask = umask(0);
    umask(initial.umask);
    for (int number = 1; number <= wegent_signals; number++) initial.ignored[number] = 0;
#if defined(__linux__)
    for (int number = 1; number <= wegent_signals; number++) {
        struct kernel_action action = {0};
        if (syscall(SYS_rt_sigaction, number, NULL, &action, sizeof action.mask) == 0)
            initial.ignored[number] = action.handler == (void *)SIG_IGN;
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &initial.blocked, sizeof initial.blocked);
    /* An artefact of a posix_spawn further up: nobody ignores or blocks the C library's own signals on purpose. */
    initial.ignored[32] = initial.ignored[33] = 0;
    initial.blocked &= ~(3ULL << 31);
#else
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0) initial.ignored[number] = action.sa_handler == SIG_IGN;
    }
    sigprocmask(SIG_BLOCK, NULL, &initial.blocked);
#endif
}

const struct wegent_surroundings *wegent_initial(void) { return &initial; }

int wegent_restore_surroundings(void) {
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0) return -1;
    /* Somebody may have lowered the hard limit since. */
    struct rlimit files = {
        .rlim_cur = initial.files.rlim_cur < now.rlim_max ? initial.files.rlim_cur : now.rlim_max,
        .rlim_max = now.rlim_max,
    };
    if (files.rlim_cur != now.rlim_cur && setrlimit(RLIMIT_NOFILE, &files) != 0) return -1;
    umask(initial.umask);
    for (int number = 1; number <= wegent_signals; number++) {
#if defined(__linux__)
        struct kernel_action action = {.handler = initial.ignored[number] ? (void *)SIG_IGN : (void *)SIG_DFL};
        syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
#else
        signal(number, initial.ignored[number] ? SIG_IGN : SIG_DFL);
#endif
    }
    /* Last: until here a handler of this program could have run. */
    wegent_set_mask(&initial.blocked, NULL);
    return 0;
}

void wegent_set_mask(const wegent_mask *mask, wegent_mask *before) {
#if defined(__linux__)
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, before, sizeof *mask);
#else
    pthread_sigmask(SIG_SETMASK, mask, before);
#endif
}

unsigned long long wegent_initial_file_limit(void) {
    return initial.files.rlim_cur == RLIM_INFINITY ? 0 : initial.files.rlim_cur;
}

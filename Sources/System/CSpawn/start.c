#define _GNU_SOURCE
#include "CSpawn.h"
#include "surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#endif

struct start {
    const struct wegent_plan *plan;
    enum wegent_step step;
    int error;
    /* Where the child reports when it does not share memory; else -1. */
    int report;
};

static int place_streams(const int streams[3]) {
    int sources[3];
    /* Above 2, so that no dup2 closes a source that is still needed. */
    for (int number = 0; number < 3; number++) {
        int source = streams[number];
        if (source < 0) source = open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY);
        if (source < 0) return -1;
        sources[number] = source > 2 ? source : fcntl(source, F_DUPFD, 3);
        if (sources[number] < 0) return -1;
    }
    for (int number = 0; number < 3; number++)
        if (dup2(sources[number], number) < 0) return -1;
    return 0;
}

/* Closes everything above 2 but `kept`, which is close-on-exec. */
static void close_others(int kept) {
#if defined(__linux__) && defined(SYS_close_range)
    if (kept < 0 && syscall(SYS_close_range, 3U, ~0U, 0U) == 0) return;
#endif
    struct rlimit files;
    int last = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 1 << 20 ? (int)files.rlim_cur : 1 << 20;
    for (int file = 3; file < last; file++)
        if (file != kept) close(file);
}

/* Runs in the child, in the parent's memory: changes nothing but `start`, and never returns to the caller's frame. */
static int child(void *context) {
    struct start *start = context;
    const struct wegent_plan *plan = start->plan;
    setsid();
    start->step = wegent_step_streams;
    if (place_streams(plan->streams) != 0) goto failed;
    close_others(start->report);
    start->step = wegent_step_terminal;
    if (plan->terminal && ioctl(1, TIOCSCTTY, 0) != 0) goto failed;
    start->step = wegent_step_directory;
    if (chdir(plan->directory) != 0) goto failed;
    start->step = wegent_step_limits;
    if (wegent_restore_surroundings() != 0) goto failed;
    start->step = wegent_step_program;
    /* A program that is just being written: another process between its fork and its exec may hold it open. */
    for (int attempt = 0; attempt < 50; attempt++) {
        execve(plan->program, plan->arguments, plan->environment);
        if (errno != ETXTBSY) break;
        nanosleep(&(struct timespec){.tv_nsec = 40000000}, NULL);
    }
failed:
    start->error = errno;
    if (start->report >= 0) {
        int words[2] = {start->step, start->error};
        if (write(start->report, words, sizeof words) < 0) _exit(126);
    }
    _exit(127);
}

static struct wegent_started failure(enum wegent_step step, int error) {
    return (struct wegent_started){.pid = -1, .watch = -1, .step = step, .error = error};
}

static void collect(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

#if defined(__linux__)

/* More than the child needs: its deepest call is execve. */
enum { stack_size = 64 << 10 };

struct wegent_started wegent_start(const struct wegent_plan *plan) {
    struct start start = {.plan = plan, .report = -1};
    char *stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return failure(wegent_step_process, errno);
    /* A handler of this program must not run in the child, which shares its memory. */
    wegent_mask all = ~0ULL, before;
    wegent_set_mask(&all, &before);
    /* The caller's thread goes on when the child has its program or has ended. */
    int flags = CLONE_VM | CLONE_VFORK | SIGCHLD, watch = -1;
    pid_t pid = clone(child, stack + stack_size, flags | CLONE_PIDFD, &start, &watch);
    int error = errno;
    if (pid < 0 && error == EINVAL) {
        watch = -1;
        pid = clone(child, stack + stack_size, flags, &start);
        error = errno;
    }
    wegent_set_mask(&before, NULL);
    munmap(stack, stack_size);
    if (pid < 0) return failure(wegent_step_process, error);
    if (start.error == 0) return (struct wegent_started){.pid = pid, .watch = watch};
    collect(pid);
    if (watch >= 0) close(watch);
    return failure(start.step, start.error);
}

#else

struct wegent_started wegent_start(const struct wegent_plan *plan) {
    int report[2];
    if (pipe(report) != 0) return failure(wegent_step_process, errno);
    for (int end = 0; end < 2; end++) fcntl(report[end], F_SETFD, FD_CLOEXEC);
    struct start start = {.plan = plan, .report = report[1]};
    wegent_mask all, before;
    sigfillset(&all);
    wegent_set_mask(&all, &before);
    pid_t pid = fork();
    int error = errno;
    if (pid == 0) {
        /* Above the standard streams, which are about to be placed. */
        start.report = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
        child(&start);
    }
    wegent_set_mask(&before, NULL);
    close(report[1]);
    int words[2] = {0, 0};
    ssize_t count = 0;
    while (pid > 0 && (count = read(report[0], words, sizeof words)) < 0 && errno == EINTR) {
    }
    close(report[0]);
    if (pid < 0) return failure(wegent_step_process, error);
    if (count != sizeof words) return (struct wegent_started){.pid = pid, .watch = -1};
    collect(pid);
    return failure(words[0], words[1]);
}

#endif

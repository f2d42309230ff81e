#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/prctl.h>

int wegent_watches_new(void) { return epoll_create1(EPOLL_CLOEXEC); }

int wegent_watches_add(int watches, int watch, pid_t pid) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = (uint64_t)pid};
    return epoll_ctl(watches, EPOLL_CTL_ADD, watch, &event) == 0 ? 0 : errno;
}

pid_t wegent_watches_next(int watches) {
    struct epoll_event event;
    while (epoll_wait(watches, &event, 1, -1) != 1) {
        if (errno != EINTR) return -1;
    }
    return (pid_t)event.data.u64;
}

int wegent_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno; }

#else

int wegent_watches_new(void) {
    errno = ENOSYS;
    return -1;
}

int wegent_watches_add(int watches, int watch, pid_t pid) {
    (void)watches, (void)watch, (void)pid;
    return ENOSYS;
}

pid_t wegent_watches_next(int watches) {
    (void)watches;
    return -1;
}

int wegent_adopt_orphans(void) { return ENOSYS; }

#endif

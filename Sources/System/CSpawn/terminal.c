#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_replica(int primary) {
    if (grantpt(primary) != 0 || unlockpt(primary) != 0) return -1;
#if defined(TIOCGPTPEER)
    /* Without the name, which may lie in another mount of devpts. */
    int replica = ioctl(primary, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (replica >= 0) return replica;
#endif
    char *name = ptsname(primary);
    return name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
}

int wegent_terminal_open(int *primary, int *replica) {
    *primary = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*primary < 0) return errno;
    fcntl(*primary, F_SETFD, FD_CLOEXEC);
    *replica = open_replica(*primary);
    if (*replica >= 0) return 0;
    int error = errno;
    close(*primary);
    *primary = -1;
    return error;
}

int wegent_terminal_resize(int terminal, int columns, int rows) {
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    return ioctl(terminal, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

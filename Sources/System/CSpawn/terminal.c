#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
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

/* The byte that ends the input of a terminal; -1 = none, as in raw mode. */
static int end_of_input(int terminal) {
    struct termios mode;
    if (tcgetattr(terminal, &mode) != 0 || !(mode.c_lflag & ICANON)) return -1;
    return mode.c_cc[VEOF] == _POSIX_VDISABLE ? -1 : mode.c_cc[VEOF];
}

static int has_input(int replica) {
    struct pollfd file = {.fd = replica, .events = POLLIN};
    return poll(&file, 1, 0) > 0 && (file.revents & POLLIN);
}

/* Waits for a program to take what was written. */
static int is_taken(int primary, int replica, int milliseconds) {
    for (int attempt = 0; attempt < milliseconds; attempt++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        if (end_of_input(primary) < 0) return 0;
        if (!has_input(replica)) return 1;
    }
    return 0;
}

int wegent_terminal_end_input(int primary, int milliseconds) {
    int end = end_of_input(primary), taken = 0;
    if (end < 0) return 0;
    int replica = open_replica(primary);
    if (replica < 0) return 0;
    if (end_of_input(primary) == end && write(primary, &(unsigned char){(unsigned char)end}, 1) == 1)
        taken = is_taken(primary, replica, milliseconds);
    /* What nobody waits for would be read as a NUL in raw mode. */
    if (!taken) tcflush(replica, TCIFLUSH);
    close(replica);
    return taken;
}

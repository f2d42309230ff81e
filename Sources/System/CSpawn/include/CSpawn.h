#ifndef WEGENT_CSPAWN_H
#define WEGENT_CSPAWN_H

#include <sys/types.h>

/* Starts a program in a session of its own, with the limits, umask and signals that this program was started with.
 * In C, since the code between clone and execve may call only functions that are safe there. */

/* Where a start failed. */
enum wegent_step {
    wegent_step_none = 0,
    wegent_step_process,
    wegent_step_streams,
    wegent_step_terminal,
    wegent_step_limits,
    wegent_step_directory,
    wegent_step_program,
};

struct wegent_plan {
    const char *program;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /* The child's descriptors 0, 1 and 2; -1 = /dev/null. They stay open in this process. */
    int streams[3];
    /* Not 0: descriptor 1 is a terminal, which becomes the session's controlling one. */
    int terminal;
};

struct wegent_started {
    pid_t pid;
    /* A pidfd, to be closed by the caller; -1 where the system has none. */
    int watch;
    /* wegent_step_none, or what failed: then nothing runs and pid and watch are -1. */
    enum wegent_step step;
    int error;
};

struct wegent_started wegent_start(const struct wegent_plan *plan);

/* The soft limit of open files that this program was started with; 0 = unlimited. */
unsigned long long wegent_initial_file_limit(void);

/* Opens a pseudo-terminal, both ends close-on-exec. Returns 0 or an errno. */
int wegent_terminal_open(int *primary, int *replica);

/* Sets a terminal's size; its foreground processes get SIGWINCH. Returns 0 or an errno. */
int wegent_terminal_resize(int terminal, int columns, int rows);

/* Gives an end of input to a program that waits for a line from a terminal; leaves nothing in the terminal's input where
 * none waits, and does nothing in raw mode. Takes up to `milliseconds`. Returns whether a program took
 * it. */
int wegent_terminal_end_input(int primary, int milliseconds);

/* One epoll for the watches of wegent_start. new: a descriptor, or -1 with errno. add: returns 0 or an errno. next:
 * waits for a watched process to end and returns its id. Where there are no watches, new returns -1 with ENOSYS. */
int wegent_watches_new(void);
int wegent_watches_add(int watches, int watch, pid_t pid);
pid_t wegent_watches_next(int watches);

/* Starts a detached thread that gets no signals. Returns 0 or an errno. */
int wegent_thread(void (*body)(void *), void *context);

/* Makes orphaned descendants children of this process instead of init's. Returns 0 or an errno. */
int wegent_adopt_orphans(void);

#endif

#ifndef WEGENT_SURROUNDINGS_H
#define WEGENT_SURROUNDINGS_H

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What this program was started with, and what its children get. */

#if defined(__linux__)
/* The kernel's set of signals. */
typedef uint64_t wegent_mask;
enum { wegent_signals = 64 };
#else
typedef sigset_t wegent_mask;
enum { wegent_signals = NSIG - 1 };
#endif

struct wegent_surroundings {
    struct rlimit files;
    mode_t umask;
    wegent_mask blocked;
    char ignored[wegent_signals + 1];
};

const struct wegent_surroundings *wegent_initial(void);

/* In a new process, before its program. Returns -1 with errno when a limit cannot be set. */
int wegent_restore_surroundings(void);

/* All signals, also those that the C library keeps for itself. */
void wegent_set_mask(const wegent_mask *mask, wegent_mask *before);

#endif

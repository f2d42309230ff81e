#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct entry {
    void (*body)(void *);
    void *context;
};

static void *enter(void *argument) {
    struct entry entry = *(struct entry *)argument;
    free(argument);
    entry.body(entry.context);
    return NULL;
}

int wegent_thread(void (*body)(void *), void *context) {
    struct entry *entry = malloc(sizeof *entry);
    if (!entry) return ENOMEM;
    *entry = (struct entry){.body = body, .context = context};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, enter, entry);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) free(entry);
    else pthread_detach(thread);
    return error;
}

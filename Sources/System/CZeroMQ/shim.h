#include <errno.h>
#include <zmq.h>

#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* prctl is variadic, which Swift does not import. */
static inline int wegent_name_thread(const char *name) { return prctl(PR_SET_NAME, name); }
#endif

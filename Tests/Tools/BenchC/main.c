/* The mesh's benchmark loops in plain C on libzmq, for comparison.
 *
 *   wegent-bench-c rtt|oneway server|client ENDPOINT COUNT SIZE [PARTS]
 *
 * A DEALER (client) and a ROUTER (server), in two processes. A message has PARTS parts: 2, as the mesh's (a header of
 * 50 bytes and a body of SIZE bytes, the default), or 1 (SIZE bytes). Both ends wait in zmq_poll and receive with
 * ZMQ_DONTWAIT until no message is left.
 *
 *   rtt     The server sends every message back; the client sends the next one after each reply.
 *   oneway  The client sends COUNT messages; after the last one the server sends one back.
 *
 * The client prints the seconds for COUNT messages. The server prints its bound endpoint and exits after the warm-up
 * and COUNT messages.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { HEADER = 50, WARM_UP = 1000, MAX_SIZE = 8 << 20 };

static char *bytes;
static size_t size;
static int parts;

static void fail(const char *what) {
    fprintf(stderr, "wegent-bench-c: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void await(void *socket, short events) {
    zmq_pollitem_t item = {socket, 0, events, 0};
    while (zmq_poll(&item, 1, -1) < 0)
        if (zmq_errno() != EINTR) fail("zmq_poll");
}

/* Sends one part, waiting for room in the queue if necessary. */
static void part(void *socket, const void *data, size_t length, int flags) {
    while (zmq_send(socket, data, length, flags | ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() == EAGAIN)
            await(socket, ZMQ_POLLOUT);
        else if (zmq_errno() != EINTR)
            fail("zmq_send");
    }
}

static void message(void *socket) {
    if (parts == 2) part(socket, bytes, HEADER, ZMQ_SNDMORE);
    part(socket, bytes, size, 0);
}

/* Receives a whole message and copies its first part (the routing id, on a ROUTER) to id. Returns 0 when there is none. */
static size_t receive(void *socket, zmq_msg_t *frame, char *id) {
    size_t length = 0;
    int first = 1;
    do {
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
            if (first && zmq_errno() == EAGAIN) return 0;
            if (zmq_errno() == EINTR) continue;
            fail("zmq_msg_recv");
        }
        if (first && id) {
            length = zmq_msg_size(frame);
            memcpy(id, zmq_msg_data(frame), length);
        } else if (first) {
            length = 1;
        }
        first = 0;
    } while (zmq_msg_more(frame));
    return length;
}

static void serve(void *socket, int echo, long count) {
    zmq_msg_t frame;
    char id[256];
    zmq_msg_init(&frame);
    for (long done = 0; done < count;) {
        size_t length = receive(socket, &frame, id);
        if (length == 0) {
            await(socket, ZMQ_POLLIN);
            continue;
        }
        done++;
        if (echo || done == count) {
            part(socket, id, length, ZMQ_SNDMORE);
            message(socket);
        }
    }
    zmq_msg_close(&frame);
}

static void answer(void *socket, zmq_msg_t *frame) {
    while (receive(socket, frame, NULL) == 0) await(socket, ZMQ_POLLIN);
}

static void trips(void *socket, long count) {
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    for (long done = 0; done < count; done++) {
        message(socket);
        answer(socket, &frame);
    }
    zmq_msg_close(&frame);
}

static void stream(void *socket, long count) {
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    for (long done = 0; done < count; done++) message(socket);
    answer(socket, &frame);
    zmq_msg_close(&frame);
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: wegent-bench-c rtt|oneway server|client ENDPOINT COUNT SIZE [PARTS]\n");
        return 64;
    }
    int echo = strcmp(argv[1], "rtt") == 0, server = strcmp(argv[2], "server") == 0, linger = 1000;
    long count = atol(argv[4]);
    size = (size_t)atol(argv[5]);
    parts = argc > 6 ? atoi(argv[6]) : 2;
    if (count < 1 || size > MAX_SIZE || parts < 1 || parts > 2) {
        fprintf(stderr, "wegent-bench-c: COUNT must be at least 1, SIZE at most 8 MiB, PARTS 1 or 2\n");
        return 64;
    }
    bytes = calloc(1, size > HEADER ? size : HEADER);
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, server ? ZMQ_ROUTER : ZMQ_DEALER);
    if (!bytes || !socket) fail("zmq_socket");
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (server) {
        char endpoint[256];
        size_t length = sizeof endpoint;
        if (zmq_bind(socket, argv[3]) < 0) fail(argv[3]);
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &length);
        printf("%s\n", endpoint);
        fflush(stdout);
        serve(socket, 1, WARM_UP);
        serve(socket, echo, count);
    } else {
        if (zmq_connect(socket, argv[3]) < 0) fail(argv[3]);
        trips(socket, WARM_UP);
        double start = now();
        if (echo) trips(socket, count);
        else stream(socket, count);
        printf("%.9f\n", now() - start);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    free(bytes);
    return 0;
}

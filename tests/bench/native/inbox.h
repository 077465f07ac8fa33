/* What has come on one connection and is not whole yet. */
#ifndef HUBBUB_BENCH_INBOX_H
#define HUBBUB_BENCH_INBOX_H

#include "common.h"

enum { READ_BYTES = 1 << 18 };

typedef struct {
    uint8_t *rest; /* the beginning of a frame whose end has not come yet */
    size_t length, capacity;
} inbox;

static uint8_t incoming[READ_BYTES];

/* Reads behind what is left from before, into `incoming`: how many bytes are there now; 0 when there is nothing new,
   -1 when the connection has ended, with errno 0 for an orderly end. */
static inline ssize_t inbox_read(inbox *in, int fd) {
    if (in->length > READ_BYTES / 2) die("a frame of more than %d bytes", READ_BYTES / 2);
    memcpy(incoming, in->rest, in->length);
    errno = 0;
    ssize_t got = recv(fd, incoming + in->length, READ_BYTES - in->length, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    return got <= 0 ? -1 : (ssize_t)in->length + got;
}

/* Keeps `length` bytes of `incoming` from `from` on for the next time. */
static inline void inbox_keep(inbox *in, size_t from, size_t length) {
    if (length > in->capacity) {
        in->capacity = length;
        in->rest = realloc(in->rest, length);
        if (!in->rest) die("out of memory");
    }
    memmove(in->rest, incoming + from, length);
    in->length = length;
}

#endif

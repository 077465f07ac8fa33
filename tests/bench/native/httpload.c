/* One request again and again over connections that are kept open, each answered before it is sent again.

   httpload PORT CONNECTIONS SECONDS REQUEST_HEX
   Prints {"answers":N,"bytes":B,"seconds":S,"status":{"200":N,"304":M,"other":K}}. Answers need a Content-Length, or the
   status 304. */
#define _GNU_SOURCE
#include "common.h"
#include <sys/epoll.h>

enum { BUFFER = 1 << 20, HEAD = 16384 };

typedef struct {
    int fd;
    size_t length; /* of what has come of the answer, or of its head */
    size_t rest;   /* bytes of the body still to come, once the head is whole */
    int in_body;
    char head[HEAD];
} peer;

static peer *peers;
static char request[HEAD], incoming[BUFFER];
static size_t request_length;
static uint64_t answers, bytes, ok, unchanged, other;

static void ask(peer *p) {
    p->length = 0;
    p->in_body = 0;
    if (send(p->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) die("send: %s", strerror(errno));
}

static void count_status(const char *head) {
    int status = atoi(head + 9);
    if (status == 200) ok++;
    else if (status == 304) unchanged++;
    else other++;
}

/* Reads the head; returns the bytes of `got` that belong to it, or 0 when it is not whole yet. */
static size_t take_head(peer *p, size_t got) {
    if (p->length + got > HEAD - 1) got = HEAD - 1 - p->length;
    memcpy(p->head + p->length, incoming, got);
    size_t before = p->length;
    p->length += got;
    p->head[p->length] = 0;
    char *end = strstr(p->head, "\r\n\r\n");
    if (!end) {
        if (p->length == HEAD - 1) die("an endless head");
        return 0;
    }
    count_status(p->head);
    char *length = strcasestr(p->head, "\r\ncontent-length:");
    int bodyless = !strncmp(p->head + 9, "304", 3);
    if (!bodyless && (!length || length > end)) die("an answer without a length: %.200s", p->head);
    p->rest = bodyless ? 0 : strtoul(length + 17, NULL, 10);
    p->in_body = 1;
    return (size_t)(end + 4 - p->head) - before;
}

static void on_readable(peer *p) {
    ssize_t got = recv(p->fd, incoming, BUFFER, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) die("the server closed a connection: %s", got ? strerror(errno) : "end of stream");
    bytes += (uint64_t)got;
    size_t used = 0;
    if (!p->in_body && !(used = take_head(p, (size_t)got))) return;
    size_t body = (size_t)got - used;
    if (body > p->rest) die("more bytes than announced");
    p->rest -= body;
    if (!p->rest) {
        answers++;
        ask(p);
    }
}

static void open_all(int port, int count, int epoll) {
    for (int i = 0; i < count; i++) {
        peers[i].fd = connect_loopback(port);
        struct epoll_event event = {.events = EPOLLOUT, .data.u32 = (uint32_t)i};
        epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].fd, &event);
    }
}

int main(int argc, char **argv) {
    if (argc != 5) die("httpload PORT CONNECTIONS SECONDS REQUEST_HEX");
    int count = atoi(argv[2]), epoll = epoll_create1(EPOLL_CLOEXEC);
    need_files((unsigned long)count);
    request_length = strlen(argv[4]) / 2;
    if (request_length > sizeof request) die("the request is too long");
    for (size_t i = 0; i < request_length; i++) sscanf(argv[4] + 2 * i, "%2hhx", (unsigned char *)&request[i]);
    peers = calloc((size_t)count, sizeof *peers);
    open_all(atoi(argv[1]), count, epoll);
    uint64_t begun = now_ns(), until = begun + (uint64_t)(atof(argv[3]) * 1e9);
    while (now_ns() < until) {
        struct epoll_event ready[256];
        int n = epoll_wait(epoll, ready, 256, 100);
        for (int i = 0; i < n; i++) {
            peer *p = &peers[ready[i].data.u32];
            if (ready[i].events & EPOLLOUT) {
                struct epoll_event event = {.events = EPOLLIN, .data.u32 = ready[i].data.u32};
                epoll_ctl(epoll, EPOLL_CTL_MOD, p->fd, &event);
                ask(p);
            } else {
                on_readable(p);
            }
        }
    }
    printf("{\"answers\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"status\":{\"200\":%llu,\"304\":%llu,\"other\":%llu}}\n",
           (unsigned long long)answers, (unsigned long long)bytes, (double)(now_ns() - begun) / 1e9,
           (unsigned long long)ok, (unsigned long long)unchanged, (unsigned long long)other);
    return 0;
}

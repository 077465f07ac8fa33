/* Many live readers in one thread: opens WebSocket connections, joins a thread on each, counts what arrives.

   readers PORT[,PORT…] COUNT ws PATH SUBPROTOCOL ORIGIN|- JOIN_HEX WINDOW MARKER
   readers PORT COUNT bare MARKER              (the same frames from the first byte on: no upgrade, no join)

   Prints {"ready":N,...} once every reader got the first data frame after its join, then obeys lines on stdin:
     mark                 forget all counts
     mark awake           the same, and ask for input without ever sleeping until the next counts are printed: waking a
                          sleeping reader is paid by the sender, on loopback alone, and would be most of the noise
     wait EVENTS SECONDS  print the counts once every reader has so many events since the mark, or the time is over
     reach EVENTS SECONDS the same, but print only whether they have: {"reached":true}, and stay awake
     stats                print the counts now
   and ends with its stdin. Latencies are taken from `t=NANOSECONDS` in an event (the sender's CLOCK_MONOTONIC):
   "latency" has a sample for each reader and event, "all" one for each event, when the last reader got it. */
#define _GNU_SOURCE
#include "common.h"
#include "histogram.h"
#include "inbox.h"
#include "sightings.h"
#include "wsframe.h"
#include <sys/epoll.h>

enum phase { CONNECTING, UPGRADING, JOINING, LIVE, DEAD };
enum { BATCH = 512, PORTS = 16 };

typedef struct {
    int fd;
    enum phase phase;
    uint64_t events;
    inbox in;
} reader;

static reader *readers;
static int ports[PORTS], port_count, count, bare, epoll, opened, joined, dead, window_size = 256;
static const char *marker = "comment.posted";
static char request[2048];
static uint8_t join_frame[4096];
static size_t join_length;
static uint64_t frames, bytes, events, first_ns, last_ns, started_ns;
static uint64_t wanted, deadline_ns;
static int behind, spinning, quietly;
static histogram latency;

static void watch(int index, int fd, uint32_t what, int how) {
    struct epoll_event event = {.events = what, .data.u32 = (uint32_t)index};
    if (epoll_ctl(epoll, how, fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

static void bury(reader *r, const char *why) {
    if (r->phase < LIVE) die("a reader was lost while joining: %s", why);
    fprintf(stderr, "a reader was lost: %s\n", why);
    if (wanted && r->events < wanted) behind--;
    r->phase = DEAD;
    dead++;
    close(r->fd);
}

static void push(reader *r, const void *data, size_t length) {
    if (send(r->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length) bury(r, "a short write");
}

static void open_more(void) {
    while (opened < count && opened - joined < window_size) {
        reader *r = &readers[opened];
        r->fd = connect_loopback(ports[opened % port_count]);
        watch(opened++, r->fd, EPOLLOUT, EPOLL_CTL_ADD);
    }
}

static void on_joined(reader *r) {
    r->phase = LIVE;
    if (++joined < count) {
        open_more();
        return;
    }
    printf("{\"ready\":%d,\"seconds\":%.6f}\n", count, (double)(now_ns() - started_ns) / 1e9);
    fflush(stdout);
}

static void on_connected(int index) {
    reader *r = &readers[index];
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) bury(r, strerror(error));
    watch(index, r->fd, EPOLLIN, EPOLL_CTL_MOD);
    if (bare) {
        on_joined(r);
        return;
    }
    r->phase = UPGRADING;
    push(r, request, strlen(request));
}

static void count_events(reader *r, uint64_t more, uint64_t at) {
    if (!more) return;
    if (!first_ns) first_ns = at;
    last_ns = at;
    events += more;
    if (wanted && r->events < wanted && r->events + more >= wanted) behind--;
    r->events += more;
}

static void on_data(reader *r, const ws_frame *frame, uint64_t at) {
    if (r->phase == JOINING) {
        on_joined(r);
        return;
    }
    const parsed *found = parse(frame->payload, frame->length, marker);
    for (size_t i = 0; i < found->stamps; i++) {
        sighting *seen = found->seen[i];
        seen->last_ns = at;
        seen->readers++;
        histogram_add(&latency, at > seen->stamp ? at - seen->stamp : 0);
    }
    count_events(r, found->events, at);
}

static void on_frame(reader *r, const ws_frame *frame, uint64_t at) {
    uint8_t pong[256];
    frames++;
    switch (frame->opcode) {
    case OP_PING: push(r, pong, ws_write(pong, OP_PONG, frame->payload, frame->length)); break;
    case OP_CLOSE: bury(r, "closed by the server"); break;
    case OP_TEXT:
    case OP_BINARY: on_data(r, frame, at); break;
    default: die("an unexpected frame: opcode %d", frame->opcode);
    }
}

/* Bytes used of the answer to the upgrade, 0 while it is not whole. */
static size_t on_upgrade(reader *r, const uint8_t *data, size_t have) {
    const uint8_t *end = memmem(data, have, "\r\n\r\n", 4);
    if (!end) return 0;
    if (have < 12 || memcmp(data + 9, "101", 3)) die("the upgrade was refused: %.*s", (int)(end - data), data);
    r->phase = JOINING;
    push(r, join_frame, join_length);
    return (size_t)(end - data) + 4;
}

static size_t consume(reader *r, const uint8_t *data, size_t have, uint64_t at) {
    size_t used = 0;
    if (r->phase == UPGRADING && !(used = on_upgrade(r, data, have))) return 0;
    ws_frame frame;
    for (size_t size; r->phase != DEAD && (size = ws_read(data + used, have - used, &frame)); used += size)
        on_frame(r, &frame, at);
    return used;
}

static void on_readable(reader *r) {
    ssize_t have = inbox_read(&r->in, r->fd);
    if (have < 0) bury(r, errno ? strerror(errno) : "end of stream");
    if (have <= 0) return;
    bytes += (uint64_t)have - r->in.length;
    size_t used = consume(r, incoming, (size_t)have, now_ns());
    if (r->phase != DEAD) inbox_keep(&r->in, used, (size_t)have - used);
}

static void print_counts(void) {
    static histogram all;
    uint64_t least = UINT64_MAX, most = 0;
    histogram_clear(&all);
    for (int i = 0; i < count; i++) {
        if (readers[i].events < least) least = readers[i].events;
        if (readers[i].events > most) most = readers[i].events;
    }
    for (int i = 0; i < STAMPS; i++)
        if (sightings[i].readers == (uint32_t)(count - dead))
            histogram_add(&all, sightings[i].last_ns > sightings[i].stamp ? sightings[i].last_ns - sightings[i].stamp : 0);
    printf("{\"readers\":%d,\"dead\":%d,\"frames\":%llu,\"bytes\":%llu,\"events\":%llu,\"least\":%llu,\"most\":%llu,"
           "\"first_ns\":%llu,\"last_ns\":%llu,", count, dead, (unsigned long long)frames, (unsigned long long)bytes,
           (unsigned long long)events, (unsigned long long)least, (unsigned long long)most,
           (unsigned long long)first_ns, (unsigned long long)last_ns);
    histogram_print(&latency, "latency");
    printf(",");
    histogram_print(&all, "all");
    printf("}\n");
    fflush(stdout);
    spinning = 0;
}

static void clear_counts(int stay_awake) {
    frames = bytes = events = first_ns = last_ns = 0;
    histogram_clear(&latency);
    sightings_clear();
    for (int i = 0; i < count; i++) readers[i].events = 0;
    spinning = stay_awake;
    printf("{\"marked\":%llu}\n", (unsigned long long)now_ns());
    fflush(stdout);
}

static void start_waiting(const char *line) {
    double seconds = 0;
    unsigned long long target = 0;
    if (sscanf(line, "%*s %llu %lf", &target, &seconds) != 2 || !target) die("wait EVENTS SECONDS, not %s", line);
    quietly = !strncmp(line, "reach", 5);
    wanted = target;
    deadline_ns = now_ns() + (uint64_t)(seconds * 1e9);
    behind = 0;
    for (int i = 0; i < count; i++) behind += readers[i].phase != DEAD && readers[i].events < wanted;
}

/* Reads what stdin has; the harness sends one line and waits for its answer. */
static void on_command(void) {
    char line[256];
    ssize_t got = read(0, line, sizeof line - 1);
    if (got <= 0) exit(0);
    line[got] = 0;
    if (!strncmp(line, "mark", 4)) clear_counts(strstr(line, "awake") != NULL);
    else if (!strncmp(line, "stats", 5)) print_counts();
    else start_waiting(line);
}

static void finish_waiting(void) {
    if (!wanted || (behind > 0 && now_ns() < deadline_ns)) return;
    wanted = 0;
    if (!quietly) {
        print_counts();
        return;
    }
    printf("{\"reached\":%s}\n", behind > 0 ? "false" : "true");
    fflush(stdout);
}

static void read_join(const char *hex, int opcode) {
    uint8_t payload[2048];
    size_t length = strlen(hex) / 2;
    if (length > sizeof payload) die("the join message is too long");
    for (size_t i = 0; i < length; i++)
        if (sscanf(hex + 2 * i, "%2hhx", &payload[i]) != 1) die("the join message is not hexadecimal");
    join_length = ws_write(join_frame, opcode, payload, length);
}

static void read_arguments(int argc, char **argv) {
    if (argc < 5) die("readers PORT COUNT ws|bare …: see the head of readers.c");
    for (char *name = strtok(argv[1], ","); name && port_count < PORTS; name = strtok(NULL, ",")) ports[port_count++] = atoi(name);
    count = atoi(argv[2]);
    bare = !strcmp(argv[3], "bare");
    if (bare) {
        marker = argv[4];
        return;
    }
    if (argc != 10) die("readers PORT COUNT ws PATH SUBPROTOCOL ORIGIN|- JOIN_HEX WINDOW MARKER");
    char origin[512] = "";
    if (strcmp(argv[6], "-")) snprintf(origin, sizeof origin, "Origin: %s\r\n", argv[6]);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aHViYnViIGJlbmNobWFyaw==\r\n"
             "Sec-WebSocket-Protocol: %s\r\n%s\r\n", argv[4], ports[0], argv[5], origin);
    read_join(argv[7], strstr(argv[5], "json") ? OP_TEXT : OP_BINARY);
    window_size = atoi(argv[8]);
    marker = argv[9];
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    need_files((unsigned long)count);
    readers = calloc((size_t)count, sizeof *readers);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(count, 0, EPOLLIN, EPOLL_CTL_ADD);
    started_ns = now_ns();
    open_more();
    for (;;) {
        struct epoll_event ready[BATCH];
        int n = epoll_wait(epoll, ready, BATCH, spinning ? 0 : wanted ? 5 : -1);
        for (int i = 0; i < n; i++) {
            int index = (int)ready[i].data.u32;
            if (index == count) on_command();
            else if (readers[index].phase == CONNECTING) on_connected(index);
            else if (readers[index].phase != DEAD) on_readable(&readers[index]);
        }
        finish_waiting();
    }
}

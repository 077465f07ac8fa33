/* Readers of one thread who know their place in its log, come back when their node is lost, and check every number.

   returners COUNT SPREAD_SECONDS THREAD EPOCH SEQ PORT [PORT …]

   All join at the first port with `after` EPOCH and SEQ. One whose connection ends goes to the next port and joins with
   its own place: after the time a goodbye names, else at a random moment of SPREAD_SECONDS. One that is refused tries
   again soon. An event that is not the next one counts as a gap or as a copy.

   Prints the counts once all have been told everything up to the head that their join's reply named (`back`), then
   obeys lines on stdin, each answered with the counts:
     mark                 forget the counts and the times; times are from here on
     back LOST SECONDS    when so many were lost since the mark and all are back, or the time is over
     reach SEQ SECONDS    when all have got the event SEQ, or the time is over
   Counts: {"done":bool,"seconds":since the mark,"first_s","last_s": the first and the last reply to a join
   since then,"lost","refused","resets","gaps","copies","events","frames","bytes"} */
#define _GNU_SOURCE
#include "common.h"
#include "inbox.h"
#include "wsframe.h"
#include <endian.h>
#include <sys/epoll.h>

enum phase { WAITING, CONNECTING, UPGRADING, JOINING, CATCHING_UP, LIVE };
enum { BATCH = 512, AGAIN_NS = 100000000, LOOK_MS = 2 };

static const uint64_t JOIN_NS = 60000000000;

typedef struct {
    int fd, port; /* an index of ports */
    enum phase phase;
    uint64_t due_ns, place, head;
    inbox in;
} reader;

static reader *readers;
static int count, ports[16], port_count, epoll, waiting, live;
static double spread;
static const char *thread, *epoch;
static uint64_t marked_ns, first_ns, last_ns, lost, refused, resets, gaps, copies, events, frames, bytes;
static uint64_t wanted, deadline_ns;
static int asked; /* 'b' or 'r' while an answer is due */

static void watch(int index, int fd, uint32_t what, int how) {
    struct epoll_event event = {.events = what, .data.u32 = (uint32_t)index};
    if (epoll_ctl(epoll, how, fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

static void go_on_waiting(reader *r, uint64_t wait_ns) {
    r->phase = WAITING;
    r->due_ns = now_ns() + wait_ns;
    waiting++;
}

static uint64_t at_random(void) { return (uint64_t)(spread * 1e9 * rand() / RAND_MAX); }

/* The connection is gone; a goodbye has said when to come back, if there was one. */
static void lose(reader *r) {
    close(r->fd);
    r->in.length = 0;
    r->port = (r->port + 1) % port_count;
    if (r->phase < CATCHING_UP) {
        refused++;
        go_on_waiting(r, AGAIN_NS / 2 + (uint64_t)rand() % AGAIN_NS);
        return;
    }
    if (r->phase == LIVE) live--;
    lost++;
    uint64_t now = now_ns();
    go_on_waiting(r, r->due_ns > now ? r->due_ns - now : at_random());
}

static void push(reader *r, const void *data, size_t length) {
    if (send(r->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length) shutdown(r->fd, SHUT_RDWR);
}

static void start(int index) {
    reader *r = &readers[index];
    waiting--;
    r->phase = CONNECTING;
    r->due_ns = 0;
    r->fd = connect_loopback(ports[r->port]);
    watch(index, r->fd, EPOLLOUT, EPOLL_CTL_ADD);
}

static void start_due(void) {
    uint64_t now = now_ns();
    for (int i = 0; waiting && i < count; i++)
        if (readers[i].phase == WAITING && readers[i].due_ns <= now) start(i);
}

static size_t put_text(uint8_t *out, const char *text) {
    size_t length = strlen(text);
    if (length > 255) die("too long: %s", text);
    out[0] = 0xd9; /* str 8 */
    out[1] = (uint8_t)length;
    memcpy(out + 2, text, length);
    return length + 2;
}

/* {"cmd":"join","ref":1,"thread":T,"after":{"epoch":E,"seq":N}} */
static void join_thread(reader *r) {
    uint8_t payload[1024], frame[1100];
    size_t at = 0;
#define TEXT(what) at += put_text(payload + at, what)
    payload[at++] = 0x84;
    TEXT("cmd"), TEXT("join"), TEXT("ref");
    payload[at++] = 1;
    TEXT("thread"), TEXT(thread), TEXT("after");
    payload[at++] = 0x82;
    TEXT("epoch"), TEXT(epoch), TEXT("seq");
#undef TEXT
    payload[at++] = 0xce; /* uint 32 */
    uint32_t seq = htobe32((uint32_t)r->place);
    memcpy(payload + at, &seq, 4);
    push(r, frame, ws_write(frame, OP_BINARY, payload, at + 4));
    r->phase = JOINING;
}

static void upgrade(int index) {
    reader *r = &readers[index];
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: aHViYnViIGJlbmNobWFyaw==\r\n"
                          "Sec-WebSocket-Protocol: hubbub.v1.msgpack\r\n\r\n", ports[r->port]);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        lose(r);
        return;
    }
    watch(index, r->fd, EPOLLIN, EPOLL_CTL_MOD);
    r->phase = UPGRADING;
    push(r, request, (size_t)length);
}

/* The unsigned MessagePack integer behind `key` (its type byte included), from `*at` on; `*at` moves behind it. 0 where
   there is none. */
static int next_number(const uint8_t **at, const uint8_t *end, const char *key, uint64_t *found) {
    const uint8_t *hit = memmem(*at, (size_t)(end - *at), key, strlen(key));
    if (!hit || (hit += strlen(key)) >= end) return 0;
    int width = *hit == 0xcc ? 1 : *hit == 0xcd ? 2 : *hit == 0xce ? 4 : *hit == 0xcf ? 8 : 0;
    if (!width && *hit > 0x7f) die("not a number behind %s: %02x", key, *hit);
    if (end - hit < width + 1) die("a number was cut off");
    *found = width ? 0 : *hit;
    for (int i = 1; i <= width; i++) *found = *found << 8 | hit[i];
    *at = hit + width + 1;
    return 1;
}

static void take_events(reader *r, const uint8_t *at, const uint8_t *end) {
    for (uint64_t seq; next_number(&at, end, "\xa3seq", &seq); events++) {
        if (seq <= r->place) copies++;
        else if (seq > r->place + 1) gaps++;
        if (seq > r->place) r->place = seq;
    }
    if (r->phase == CATCHING_UP && r->place >= r->head) {
        r->phase = LIVE;
        live++;
    }
}

static void on_reply(reader *r, const uint8_t *at, const uint8_t *end) {
    const uint8_t *seqs = at;
    if (!next_number(&at, end, "\xa4head", &r->head)) {
        shutdown(r->fd, SHUT_RDWR); /* refused just now */
        return;
    }
    last_ns = now_ns();
    if (!first_ns) first_ns = last_ns;
    r->phase = CATCHING_UP;
    if (memmem(seqs, (size_t)(end - seqs), "\xa5reset", 6)) {
        resets++;
        r->place = r->head;
    }
    take_events(r, seqs, end);
}

static void on_push(reader *r, const uint8_t *at, const uint8_t *end) {
    const uint8_t *goodbye = memmem(at, (size_t)(end - at), "\xacreconnect_in\xcb", 14);
    if (goodbye && end - goodbye >= 22) {
        uint64_t bits;
        double seconds;
        memcpy(&bits, goodbye + 14, 8);
        bits = be64toh(bits);
        memcpy(&seconds, &bits, 8);
        r->due_ns = now_ns() + (uint64_t)(seconds * 1e9);
    } else if (memmem(at, (size_t)(end - at), "\xa5reset", 6)) {
        resets++;
    } else {
        take_events(r, at, end);
    }
}

static void on_frame(reader *r, const ws_frame *frame) {
    uint8_t pong[256];
    const uint8_t *end = frame->payload + frame->length;
    frames++;
    if (frame->opcode == OP_PING) push(r, pong, ws_write(pong, OP_PONG, frame->payload, frame->length));
    else if (frame->opcode == OP_CLOSE) shutdown(r->fd, SHUT_RDWR);
    else if (r->phase == JOINING) on_reply(r, frame->payload, end);
    else on_push(r, frame->payload, end);
}

static size_t on_upgrade(reader *r, size_t have) {
    const uint8_t *end = memmem(incoming, have, "\r\n\r\n", 4);
    if (!end) return 0;
    if (have < 12 || memcmp(incoming + 9, "101", 3)) {
        shutdown(r->fd, SHUT_RDWR);
        return have;
    }
    join_thread(r);
    return (size_t)(end - incoming) + 4;
}

static void on_readable(reader *r) {
    ssize_t got = inbox_read(&r->in, r->fd);
    if (got < 0) {
        lose(r);
        return;
    }
    if (!got) return;
    bytes += (uint64_t)got - r->in.length;
    size_t have = (size_t)got, used = 0;
    if (r->phase == UPGRADING) used = on_upgrade(r, have);
    ws_frame frame;
    for (size_t size; r->phase > UPGRADING && (size = ws_read(incoming + used, have - used, &frame)); used += size)
        on_frame(r, &frame);
    inbox_keep(&r->in, used, have - used);
}

static void mark(void) {
    marked_ns = now_ns();
    first_ns = last_ns = lost = refused = resets = gaps = copies = events = frames = bytes = 0;
}

static double since_mark(uint64_t at) { return at ? (double)(at - marked_ns) / 1e9 : 0; }

static void print_counts(int done) {
    printf("{\"done\":%s,\"seconds\":%.6f,\"first_s\":%.6f,\"last_s\":%.6f,\"lost\":%llu,\"refused\":%llu,"
           "\"resets\":%llu,\"gaps\":%llu,\"copies\":%llu,\"events\":%llu,\"frames\":%llu,\"bytes\":%llu}\n",
           done ? "true" : "false", since_mark(now_ns()), since_mark(first_ns), since_mark(last_ns),
           (unsigned long long)lost, (unsigned long long)refused,
           (unsigned long long)resets, (unsigned long long)gaps, (unsigned long long)copies,
           (unsigned long long)events, (unsigned long long)frames, (unsigned long long)bytes);
    fflush(stdout);
    asked = 0;
}

static void answer_if_due(void) {
    if (!asked) return;
    int done = live == count && (asked == 'r' || lost >= wanted);
    if (asked == 'r')
        for (int i = 0; done && i < count; i++) done = readers[i].place >= wanted;
    if (done || now_ns() > deadline_ns) print_counts(done);
}

/* Reads what stdin has; the harness sends one line and waits for its answer. */
static void on_command(void) {
    char line[256];
    ssize_t got = read(0, line, sizeof line - 1);
    if (got <= 0) exit(0);
    line[got] = 0;
    double seconds = 0;
    unsigned long long number = 0;
    if (!strncmp(line, "mark", 4)) {
        mark();
        print_counts(1);
        return;
    }
    if (sscanf(line, "back %llu %lf", &number, &seconds) != 2 && sscanf(line, "reach %llu %lf", &number, &seconds) != 2)
        die("not a command: %s", line);
    asked = line[0];
    wanted = number;
    deadline_ns = now_ns() + (uint64_t)(seconds * 1e9);
}

static void read_arguments(int argc, char **argv) {
    if (argc < 7 || argc > 6 + 16) die("returners COUNT SPREAD_SECONDS THREAD EPOCH SEQ PORT [PORT …]");
    count = atoi(argv[1]);
    spread = atof(argv[2]);
    thread = argv[3];
    epoch = argv[4];
    for (port_count = 0; port_count < argc - 6; port_count++) ports[port_count] = atoi(argv[6 + port_count]);
    readers = calloc((size_t)count, sizeof *readers);
    for (int i = 0; i < count; i++) {
        readers[i].place = strtoull(argv[5], NULL, 10);
        go_on_waiting(&readers[i], 0);
    }
}

int main(int argc, char **argv) {
    epoll = epoll_create1(EPOLL_CLOEXEC);
    mark();
    read_arguments(argc, argv);
    need_files((unsigned long)count);
    watch(count, 0, EPOLLIN, EPOLL_CTL_ADD);
    asked = 'b';
    deadline_ns = now_ns() + JOIN_NS;
    for (;;) {
        start_due();
        struct epoll_event ready[BATCH];
        int n = epoll_wait(epoll, ready, BATCH, waiting ? LOOK_MS : asked == 'r' ? LOOK_MS : 100);
        for (int i = 0; i < n; i++) {
            int index = (int)ready[i].data.u32;
            if (index == count) on_command();
            else if (readers[index].phase == CONNECTING) upgrade(index);
            else if (readers[index].phase != WAITING) on_readable(&readers[index]);
        }
        answer_if_due();
    }
}

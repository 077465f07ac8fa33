/* The baseline of every fan-out figure: as many plain connections, the same bytes, nothing but send().

   sendloop COUNT
   Prints {"port":P}, then {"ready":COUNT} when all have connected, then obeys lines on stdin:
     run EVENTS BYTES RATE   sends everybody so many WebSocket frames of BYTES in all, each with one event and the time,
                             RATE a second (0: as fast as it goes), and prints {"delivered":…,"cpu_ns":…,"seconds":…},
                             the CPU being this process's own, kernel included
   and ends with its stdin. */
#define _GNU_SOURCE
#include "common.h"

static int count, *peers;
static uint8_t frame[65536];

/* A server's frame of `size` bytes in all (RFC 6455 section 5.2) whose payload readers.c takes for one event. */
static void write_frame(size_t size) {
    memset(frame, 'x', size);
    frame[0] = 0x82;
    frame[1] = 126;
    frame[2] = (uint8_t)((size - 4) >> 8);
    frame[3] = (uint8_t)(size - 4);
    char text[64];
    int length = snprintf(text, sizeof text, "kind t=%llu ", (unsigned long long)now_ns());
    memcpy(frame + 4, text, (size_t)length);
}

static int listen_anywhere(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 4096) < 0) die("listen: %s", strerror(errno));
    getsockname(fd, (struct sockaddr *)&at, &size);
    printf("{\"port\":%d}\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_all(int fd) {
    for (int i = 0; i < count; i++) {
        int one = 1;
        peers[i] = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (peers[i] < 0) die("accept: %s", strerror(errno));
        setsockopt(peers[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    printf("{\"ready\":%d}\n", count);
    fflush(stdout);
}

static void sleep_until(uint64_t at) {
    struct timespec t = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void run(uint64_t events, size_t size, double rate) {
    uint64_t begun = now_ns(), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t event = 0; event < events; event++) {
        if (rate > 0) sleep_until(begun + (uint64_t)((double)event * 1e9 / rate));
        write_frame(size);
        for (int i = 0; i < count; i++)
            if (send(peers[i], frame, size, MSG_NOSIGNAL) != (ssize_t)size) die("send: %s", strerror(errno));
    }
    printf("{\"delivered\":%llu,\"cpu_ns\":%llu,\"seconds\":%.6f}\n", (unsigned long long)(events * (uint64_t)count),
           (unsigned long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu), (double)(now_ns() - begun) / 1e9);
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 2) die("sendloop COUNT");
    count = atoi(argv[1]);
    need_files((unsigned long)count);
    peers = calloc((size_t)count, sizeof *peers);
    accept_all(listen_anywhere());
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        unsigned long long events;
        size_t size;
        double rate;
        if (sscanf(line, "run %llu %zu %lf", &events, &size, &rate) != 3 || size > sizeof frame || size < 256) die("not a run: %s", line);
        run(events, size, rate);
    }
    return 0;
}

/* Latencies in fixed memory: 10 us steps up to 1 s, then 1 ms steps up to 100 s. */
#ifndef HUBBUB_BENCH_HISTOGRAM_H
#define HUBBUB_BENCH_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FINE = 100000, COARSE = 100000, FINE_NS = 10000, COARSE_NS = 1000000 };

typedef struct {
    uint64_t count, max_ns;
    uint32_t fine[FINE], coarse[COARSE];
} histogram;

static inline void histogram_clear(histogram *h) { memset(h, 0, sizeof *h); }

static inline void histogram_add(histogram *h, uint64_t ns) {
    h->count++;
    if (ns > h->max_ns) h->max_ns = ns;
    if (ns / FINE_NS < FINE) {
        h->fine[ns / FINE_NS]++;
        return;
    }
    uint64_t step = ns / COARSE_NS;
    h->coarse[step < COARSE ? step : COARSE - 1]++;
}

/* The upper edge, in us, of the step that holds the given share (nearest rank). */
static inline double histogram_at(const histogram *h, double share) {
    uint64_t rank = (uint64_t)(share * (double)h->count + 0.999999), seen = 0;
    if (rank < 1) rank = 1;
    for (uint64_t i = 0; i < FINE; i++)
        if ((seen += h->fine[i]) >= rank) return (double)(i + 1) * FINE_NS / 1e3;
    for (uint64_t i = 0; i < COARSE; i++)
        if ((seen += h->coarse[i]) >= rank) return (double)(i + 1) * COARSE_NS / 1e3;
    return 0;
}

static inline void histogram_print(const histogram *h, const char *name) {
    printf("\"%s\":{\"count\":%llu,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f}", name,
           (unsigned long long)h->count, histogram_at(h, 0.5), histogram_at(h, 0.99), (double)h->max_ns / 1e3);
}

#endif

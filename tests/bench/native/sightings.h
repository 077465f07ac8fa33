/* What a frame's payload tells: how many events it holds and when their senders stamped them.

   Every reader gets the same bytes, so a payload is searched once and then only compared: the load generator shares
   the machine with the server it measures and must cost as little as it can. */
#ifndef HUBBUB_BENCH_SIGHTINGS_H
#define HUBBUB_BENCH_SIGHTINGS_H

#include "common.h"
#include "histogram.h"

enum { STAMPS = 1 << 16, CACHED = 32, STAMP_DIGITS = 12 };

typedef struct {
    uint64_t stamp, last_ns;
    uint32_t readers;
} sighting;

typedef struct {
    uint8_t *payload;
    size_t length, capacity, stamps, stamps_capacity;
    uint64_t events;
    sighting **seen;
} parsed;

static sighting sightings[STAMPS];
static parsed cache[CACHED];
static unsigned cache_next;

/* The slot of one stamp (ns of the sender's CLOCK_MONOTONIC); open addressing, so it must not fill up. */
static inline sighting *sighting_of(uint64_t stamp) {
    uint64_t at = (stamp * 0x9e3779b97f4a7c15u) >> 48;
    for (unsigned tries = 0; tries < STAMPS; tries++, at = (at + 1) % STAMPS) {
        if (sightings[at].stamp == stamp) return &sightings[at];
        if (!sightings[at].stamp) {
            sightings[at].stamp = stamp;
            return &sightings[at];
        }
    }
    die("more than %d stamps between two marks", STAMPS);
}

static inline void remember(parsed *entry, uint64_t stamp) {
    if (entry->stamps && entry->seen[entry->stamps - 1]->stamp == stamp) return; /* a close says its reason twice */
    if (entry->stamps == entry->stamps_capacity) {
        entry->stamps_capacity = entry->stamps_capacity ? 2 * entry->stamps_capacity : 16;
        entry->seen = realloc(entry->seen, entry->stamps_capacity * sizeof *entry->seen);
        if (!entry->seen) die("out of memory");
    }
    entry->seen[entry->stamps++] = sighting_of(stamp);
}

static inline void find_stamps(parsed *entry) {
    const uint8_t *at = entry->payload, *end = at + entry->length;
    while ((at = memmem(at, (size_t)(end - at), "t=", 2))) {
        uint64_t stamp = 0;
        int digits = 0;
        for (at += 2; at < end && *at >= '0' && *at <= '9'; at++, digits++) stamp = stamp * 10 + (*at - '0');
        if (digits >= STAMP_DIGITS) remember(entry, stamp);
    }
}

static inline void find_events(parsed *entry, const char *marker) {
    const uint8_t *at = entry->payload, *end = at + entry->length;
    size_t length = strlen(marker);
    for (entry->events = 0; (at = memmem(at, (size_t)(end - at), marker, length)); at += length) entry->events++;
}

/* The payload's events and stamps, searched once for all the readers that get the same bytes. */
static inline const parsed *parse(const uint8_t *payload, size_t length, const char *marker) {
    for (unsigned i = 1; i <= CACHED; i++) {
        parsed *entry = &cache[(cache_next - i) % CACHED];
        if (entry->length == length && length && !memcmp(entry->payload, payload, length)) return entry;
    }
    parsed *entry = &cache[cache_next++ % CACHED];
    if (entry->capacity < length) {
        entry->capacity = length;
        entry->payload = realloc(entry->payload, length);
        if (!entry->payload) die("out of memory");
    }
    memcpy(entry->payload, payload, length);
    entry->length = length;
    entry->stamps = 0;
    find_events(entry, marker);
    find_stamps(entry);
    return entry;
}

static inline void sightings_clear(void) {
    memset(sightings, 0, sizeof sightings);
    for (unsigned i = 0; i < CACHED; i++) cache[i].length = 0;
}

#endif

/* WebSocket frames as RFC 6455 section 5.2 lays them out: the reader's side of a server's frame, and masked ones. */
#ifndef HUBBUB_BENCH_WSFRAME_H
#define HUBBUB_BENCH_WSFRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

typedef struct {
    int opcode;
    const uint8_t *payload;
    size_t length;
} ws_frame;

/* Bytes the frame at `data` takes with its header, or 0 when it is not whole yet. */
static inline size_t ws_read(const uint8_t *data, size_t have, ws_frame *frame) {
    if (have < 2) return 0;
    size_t header = 2, length = data[1] & 0x7f;
    if (length == 126) {
        header = 4;
        if (have < header) return 0;
        length = (size_t)data[2] << 8 | data[3];
    } else if (length == 127) {
        header = 10;
        if (have < header) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | data[i];
    }
    if (have < header + length) return 0;
    *frame = (ws_frame){data[0] & 0x0f, data + header, length};
    return header + length;
}

/* Writes a masked final frame to `out` (length + 14 bytes at most) and returns its size. */
static inline size_t ws_write(uint8_t *out, int opcode, const uint8_t *payload, size_t length) {
    static const uint8_t mask[4] = {0x5a, 0xc3, 0x17, 0x88};
    size_t at = 2;
    out[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        out[1] = (uint8_t)(0x80 | length);
    } else if (length < 65536) {
        out[1] = 0x80 | 126;
        out[2] = (uint8_t)(length >> 8);
        out[3] = (uint8_t)length;
        at = 4;
    } else {
        out[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) out[2 + i] = (uint8_t)(length >> (56 - 8 * i));
        at = 10;
    }
    memcpy(out + at, mask, 4);
    for (size_t i = 0; i < length; i++) out[at + 4 + i] = payload[i] ^ mask[i & 3];
    return at + 4 + length;
}

#endif

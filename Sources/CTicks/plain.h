// What the plain and the SSE2 kernels share: numbers in plain C.
#ifndef TICK_PLAIN_H
#define TICK_PLAIN_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Parquet is little-endian, and so is everything that writes it here"
#endif

static inline uint64_t load64(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

static inline uint64_t plain_key(const uint8_t *end, size_t length) {
    if (length == 0) return TICK_KEY_NULL;
    if (length > 16) return TICK_KEY_SLOW;
    uint64_t key = 0;
    for (const uint8_t *p = end - length; p < end; p++) {
        const uint8_t digit = (uint8_t)(*p - '0');
        if (digit <= 9) key = key << 4 | digit;
        else if (*p == '.') key = key << 4 | 0xE;
        else if (*p == '-' && p == end - length) key = key << 4 | 0xD;
        else return TICK_KEY_SLOW;
    }
    // "." alone looks like "0.".
    return key == 0xE ? TICK_KEY_SLOW : key;
}

// Eight digits, the first in the lowest byte; what is no digit shows in `bad`.
static inline uint64_t eight_digits(uint64_t word, uint64_t *bad) {
    *bad |= ((word + 0x4646464646464646) | (word - 0x3030303030303030)) & 0x8080808080808080;
    word = ((word & 0x0F0F0F0F0F0F0F0F) * 2561) >> 8;
    word = ((word & 0x00FF00FF00FF00FF) * 6553601) >> 16;
    return ((word & 0x0000FFFF0000FFFF) * 42949672960001) >> 32;
}

static inline int64_t plain_time(const uint8_t *end, size_t length) {
    const uint64_t zeros = 0x3030303030303030;
    if (length - 1 > 15) return -1;
    uint64_t high = load64(end - 8), low = zeros, bad = 0;
    if (length < 8) {
        const uint64_t keep = ~(uint64_t)0 << (64 - 8 * length);
        high = (high & keep) | (zeros & ~keep);
    } else if (length > 8) {
        const uint64_t keep = length == 16 ? ~(uint64_t)0 : ~(uint64_t)0 << (128 - 8 * length);
        low = (load64(end - 16) & keep) | (zeros & ~keep);
    }
    const uint64_t value = eight_digits(low, &bad) * 100000000 + eight_digits(high, &bad);
    return bad ? -1 : (int64_t)value;
}

#endif

#include "CTicks.h"

#include <string.h>

#include "plain.h"

#define FORM_ATTRIBUTE
#define FORM_NAME tick_plain

// The top bit of each byte that is zero, and of no other.
static inline uint64_t zero_bytes(uint64_t word) {
    const uint64_t low = 0x7F7F7F7F7F7F7F7F;
    return ~(((word & low) + low) | word | low);
}
static inline uint64_t gathered(uint64_t tops) { return (tops >> 7) * 0x0102040810204080 >> 56; }
static inline uint64_t equal64(const uint8_t *p, uint8_t a) {
    uint64_t answer = 0;
    for (int i = 0; i < 8; i++) answer |= gathered(zero_bytes(load64(p + 8 * i) ^ a * 0x0101010101010101)) << (8 * i);
    return answer;
}
static inline uint64_t differ64(const uint8_t *p, const uint8_t *q) {
    uint64_t answer = 0;
    for (int i = 0; i < 8; i++) answer |= gathered(zero_bytes(load64(p + 8 * i) ^ load64(q + 8 * i))) << (8 * i);
    return ~answer;
}
static inline int high64(const uint8_t *p) {
    uint64_t all = 0;
    for (int i = 0; i < 8; i++) all |= load64(p + 8 * i);
    return (all & 0x8080808080808080) != 0;
}
static inline uint64_t key(const uint8_t *end, size_t length) { return plain_key(end, length); }
static inline int64_t time(const uint8_t *end, size_t length) { return plain_time(end, length); }

#include "kernels.inc"

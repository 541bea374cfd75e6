// What Swift has no word for: the byte-mask instructions behind the delimiter search, and unaligned loads; in CShims.c,
// descriptors that no other program inherits, and what must happen before `main`.
// Typed wrappers only; no policy lives here.
#ifndef TICK_CSHIMS_H
#define TICK_CSHIMS_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Bit i of the answer is set when byte i of the 64 at `bytes` equals `a` or `b`.
static inline __attribute__((always_inline)) uint64_t tick_mask64(const uint8_t *bytes, uint8_t a, uint8_t b) {
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8((char)a), second = _mm_set1_epi8((char)b);
    uint64_t mask = 0;
    for (int part = 0; part < 4; part++) {
        const __m128i chunk = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
        const __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(chunk, first), _mm_cmpeq_epi8(chunk, second));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * part);
    }
    return mask;
#else
    uint64_t mask = 0;
    for (int i = 0; i < 64; i++) mask |= (uint64_t)(bytes[i] == a || bytes[i] == b) << i;
    return mask;
#endif
}

// Not 0 when any of the 64 bytes at `bytes` is 0x80 or more: not ASCII.
static inline __attribute__((always_inline)) int tick_has_high64(const uint8_t *bytes) {
#if defined(__SSE2__)
    const __m128i *parts = (const __m128i *)bytes;
    const __m128i low = _mm_or_si128(_mm_loadu_si128(parts), _mm_loadu_si128(parts + 1));
    const __m128i high = _mm_or_si128(_mm_loadu_si128(parts + 2), _mm_loadu_si128(parts + 3));
    return _mm_movemask_epi8(_mm_or_si128(low, high));
#else
    uint64_t all = 0, word;
    for (int i = 0; i < 64; i += 8) {
        memcpy(&word, bytes + i, 8);
        all |= word;
    }
    return (all & 0x8080808080808080u) != 0;
#endif
}

static inline __attribute__((always_inline)) uint64_t tick_load64(const void *bytes) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    return value;
}
static inline __attribute__((always_inline)) void tick_store64(void *bytes, uint64_t value) { memcpy(bytes, &value, 8); }
static inline __attribute__((always_inline)) uint32_t tick_load32(const void *bytes) {
    uint32_t value;
    memcpy(&value, bytes, 4);
    return value;
}

// A pipe and a connection that a program does not inherit, even one that another thread starts at the same moment.
int tick_pipe(int ends[2]);
int tick_accept(int listener);
// A program that is started with these posix_spawn_file_actions_t has no descriptor from `first` on.
int tick_spawn_closes_from(void *actions, int first);

#endif

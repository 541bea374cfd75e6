#include "CTicks.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#include "plain.h"

#define FORM_ATTRIBUTE
#define FORM_NAME tick_sse2

static inline __m128i load128(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline uint64_t equal64(const uint8_t *p, uint8_t a) {
    uint64_t answer = 0;
    for (int i = 0; i < 4; i++) {
        const __m128i hit = _mm_cmpeq_epi8(load128(p + 16 * i), _mm_set1_epi8((char)a));
        answer |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
    }
    return answer;
}
static inline uint64_t differ64(const uint8_t *p, const uint8_t *q) {
    uint64_t answer = 0;
    for (int i = 0; i < 4; i++) {
        const __m128i same = _mm_cmpeq_epi8(load128(p + 16 * i), load128(q + 16 * i));
        answer |= (uint64_t)(uint32_t)_mm_movemask_epi8(same) << (16 * i);
    }
    return ~answer;
}
static inline int high64(const uint8_t *p) {
    const __m128i low = _mm_or_si128(load128(p), load128(p + 16)), high = _mm_or_si128(load128(p + 32), load128(p + 48));
    return _mm_movemask_epi8(_mm_or_si128(low, high));
}
static inline uint64_t key(const uint8_t *end, size_t length) { return plain_key(end, length); }
static inline int64_t time(const uint8_t *end, size_t length) { return plain_time(end, length); }

#include "kernels.inc"
#endif

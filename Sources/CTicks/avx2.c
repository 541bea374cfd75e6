#include "CTicks.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FORM_ATTRIBUTE __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define FORM_NAME tick_avx2
#define FORM_INLINE static inline __attribute__((always_inline)) FORM_ATTRIBUTE

FORM_INLINE __m256i load256(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
FORM_INLINE __m128i load128(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }
FORM_INLINE uint64_t joined(__m256i low, __m256i high) {
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}
FORM_INLINE uint64_t equal64(const uint8_t *p, uint8_t a) {
    const __m256i wanted = _mm256_set1_epi8((char)a);
    return joined(_mm256_cmpeq_epi8(load256(p), wanted), _mm256_cmpeq_epi8(load256(p + 32), wanted));
}
FORM_INLINE uint64_t differ64(const uint8_t *p, const uint8_t *q) {
    return ~joined(_mm256_cmpeq_epi8(load256(p), load256(q)), _mm256_cmpeq_epi8(load256(p + 32), load256(q + 32)));
}
FORM_INLINE int high64(const uint8_t *p) { return _mm256_movemask_epi8(_mm256_or_si256(load256(p), load256(p + 32))); }

// 16 bytes from `keep + n`: the last n are ones.
static const uint8_t keep[32] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};
// The last 16 characters of a cell less '0'; zeros where the cell has no more.
FORM_INLINE __m128i last16(const uint8_t *end, size_t length) {
    const __m128i mask = load128(keep + (length < 16 ? length : 16));
    return _mm_and_si128(_mm_sub_epi8(load128(end - 16), _mm_set1_epi8('0')), mask);
}
FORM_INLINE uint64_t key(const uint8_t *end, size_t length) {
    const __m128i digits = last16(end, length);
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    const __m128i is_dot = _mm_cmpeq_epi8(digits, _mm_set1_epi8('.' - '0'));
    const uint32_t good = (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_digit, is_dot));
    // A minus counts only in front.
    const uint32_t minus = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(digits, _mm_set1_epi8('-' - '0'))) & 0x10000u >> (length & 31);
    const __m128i nibbles = _mm_maddubs_epi16(_mm_and_si128(digits, _mm_set1_epi8(15)), _mm_set1_epi16(0x0110));
    const __m128i packed = _mm_packus_epi16(nibbles, nibbles);
    const uint64_t value = __builtin_bswap64((uint64_t)_mm_cvtsi128_si64(packed));
    // "." alone looks like "0.".
    if (__builtin_expect(length - 1 > 15 || (good | minus) != 0xFFFF || value == 0xE, 0)) return length ? TICK_KEY_SLOW : TICK_KEY_NULL;
    return value;
}
FORM_INLINE int64_t time(const uint8_t *end, size_t length) {
    __m128i digits = last16(end, length);
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    if (__builtin_expect(length - 1 > 15 || _mm_movemask_epi8(is_digit) != 0xFFFF, 0)) return -1;
    digits = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));
    digits = _mm_madd_epi16(digits, _mm_set1_epi32(0x00010064));
    digits = _mm_madd_epi16(_mm_packus_epi32(digits, digits), _mm_set1_epi32(0x00012710));
    const uint64_t halves = (uint64_t)_mm_cvtsi128_si64(digits);
    return (int64_t)((halves & 0xFFFFFFFF) * 100000000 + (halves >> 32));
}

#include "kernels.inc"
#endif

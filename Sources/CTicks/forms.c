#include "CTicks.h"

extern const struct tick_kernels tick_plain;
#if defined(__SSE2__)
extern const struct tick_kernels tick_sse2;
#endif
#if defined(__x86_64__)
extern const struct tick_kernels tick_avx2;
#endif

const struct tick_kernels *tick_kernels_of(int form) {
    switch (form) {
    case TICK_PLAIN: return &tick_plain;
#if defined(__SSE2__)
    case TICK_SSE2: return &tick_sse2;
#endif
#if defined(__x86_64__)
    case TICK_AVX2:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
                && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt")
            ? &tick_avx2 : 0;
#endif
    default: return 0;
    }
}

const struct tick_kernels *tick_kernels_best(void) {
    const struct tick_kernels *best = 0;
    for (int form = TICK_FORMS - 1; form >= 0 && !best; form--) best = tick_kernels_of(form);
    return best;
}

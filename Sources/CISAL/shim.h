// Intel's ISA-L: inflate with gzip framing and CRC check, and CRC-32C at memory speed.
#ifndef TICK_CISAL_SHIM_H
#define TICK_CISAL_SHIM_H
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <string.h>

// ISA-L's initialisers leave parts of a structure as they came from the allocator. That of stateless deflate leaves even
// hist_bits, which is read: the same text is then packed differently each time. So memory is zeroed before each of them,
// and Swift code cannot call them.
static inline void tick_isal_begin_inflate(struct inflate_state *state) {
    memset(state, 0, sizeof *state);
    isal_inflate_init(state);
}
static inline void tick_isal_begin_deflate(struct isal_zstream *stream) {
    memset(stream, 0, sizeof *stream);
    isal_deflate_init(stream);
}
static inline void tick_isal_begin_stateless_deflate(struct isal_zstream *stream) {
    memset(stream, 0, sizeof *stream);
    isal_deflate_stateless_init(stream);
}
#define TICK_ZEROED __attribute__((unavailable("it leaves memory as it was: tick_isal_begin_… does not")))
void isal_inflate_init(struct inflate_state *state) TICK_ZEROED;
void isal_deflate_init(struct isal_zstream *stream) TICK_ZEROED;
void isal_deflate_stateless_init(struct isal_zstream *stream) TICK_ZEROED;

static inline uint32_t tick_isal_level1_buffer_size(void) { return ISAL_DEF_LVL1_DEFAULT; }
#endif

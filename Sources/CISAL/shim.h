// Intel's ISA-L: inflate with gzip framing and CRC check, and CRC-32C at memory speed.
#ifndef TICK_CISAL_SHIM_H
#define TICK_CISAL_SHIM_H
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

static inline uint32_t tick_isal_level1_buffer_size(void) { return ISAL_DEF_LVL1_DEFAULT; }
#endif

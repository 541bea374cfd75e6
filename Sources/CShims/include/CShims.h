// What Swift has no word for: unaligned loads; in CShims.c, descriptors that no other program inherits, what becomes of freed
// memory, and what must happen before `main`.
// Typed wrappers only; no policy lives here.
#ifndef TICK_CSHIMS_H
#define TICK_CSHIMS_H

#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) uint64_t tick_load64(const void *bytes) {
    uint64_t value;
    memcpy(&value, bytes, 8);
    return value;
}
static inline __attribute__((always_inline)) void tick_store64(void *bytes, uint64_t value) { memcpy(bytes, &value, 8); }

// A pipe and a connection that a program does not inherit, even one that another thread starts at the same moment.
int tick_pipe(int ends[2]);
int tick_accept(int listener);
// A program that is started with these posix_spawn_file_actions_t has no descriptor from `first` on.
int tick_spawn_closes_from(void *actions, int first);
// mallopt(M_MMAP_THRESHOLD, bytes)
int tick_mmap_threshold(int bytes);

#endif

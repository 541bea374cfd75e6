#define _GNU_SOURCE
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

// A program may be started with descriptor 0, 1 or 2 closed (`tool >&-`). The next thing to be opened, an event queue of the Swift
// runtime or a data file, would then get that number, and messages would be written into it. So they are taken before `main`,
// the wrong way round: reading from 0 and writing to 1 and 2 goes on to fail with EBADF, instead of losing a result unsaid.
__attribute__((constructor)) static void tick_take_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest free number is this one, as those below are taken.
        if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) < 0) return;
    }
}

int tick_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
int tick_mmap_threshold(int bytes) { return mallopt(M_MMAP_THRESHOLD, bytes); }
int tick_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }
int tick_spawn_closes_from(void *actions, int first) { return posix_spawn_file_actions_addclosefrom_np(actions, first); }

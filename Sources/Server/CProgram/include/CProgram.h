/*
 * Programs of the administrator's, run for one message. Functions return what they say, or -errno.
 */
#ifndef C_PROGRAM_H
#define C_PROGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* A descriptor from which `bytes` and then the end of the file can be read; never waits. -EAGAIN: more than a pipe holds. */
int program_input(const uint8_t *bytes, size_t length);

/*
 * Starts `path` (absolute) with `input` as its standard input, /dev/null as the other two, nothing else open, in /, as the leader of a
 * process group of its own, no signal blocked or ignored, PATH=/usr/bin:/bin and LANG=C.UTF-8 as its environment.
 * Returns its pid, which is to be given to program_reap; `watch` receives a descriptor that is to be closed.
 */
pid_t program_start(const char *path, const char *_Nullable const *_Nonnull arguments, int input, int *watch);

/* Waits so many milliseconds for its end. Returns 1 once it has ended, 0 otherwise. */
int program_ended(int watch, int milliseconds);

/* Waits for its end, and lets the kernel forget it. Returns the exit status, or 256 and the signal that ended it. */
int program_reap(pid_t pid);

#pragma clang assume_nonnull end
#endif

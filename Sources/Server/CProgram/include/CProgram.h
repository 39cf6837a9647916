/*
 * Runs the administrator's programs, one for each message. Functions return the result that they describe, or -errno.
 */
#ifndef C_PROGRAM_H
#define C_PROGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/*
 * Returns a descriptor that yields `bytes` and then end of file, and never blocks. Returns -EAGAIN if they do not fit
 * into a pipe.
 */
int program_input(const uint8_t *bytes, size_t length);

/*
 * Starts the program at the absolute `path` with `input` as its standard input.
 *
 * Standard output and standard error are /dev/null, and no other descriptor is open. The program runs in / as the
 * leader of a new process group, with no signal blocked or ignored, and with PATH=/usr/bin:/bin and LANG=C.UTF-8 as its
 * environment.
 *
 * Returns the pid, which the caller passes to program_reap. `watch` receives a pidfd (pidfd_open(2)), which the caller
 * closes.
 */
pid_t program_start(const char *path, const char *_Nullable const *_Nonnull arguments, int input, int *watch);

/* Waits at most `milliseconds` for the program's end. Returns 1 if it has ended, else 0. */
int program_ended(int watch, int milliseconds);

/*
 * Waits for the program's end and reaps it. Returns the exit status, or 256 plus the number of the signal that ended
 * it.
 */
int program_reap(pid_t pid);

#pragma clang assume_nonnull end
#endif

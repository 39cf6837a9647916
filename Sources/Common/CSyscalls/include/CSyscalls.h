/*
 * What every process of ours asks of the kernel. Functions return a count, a descriptor or 0, or -errno.
 */
#ifndef C_SYSTEM_H
#define C_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/* A helper's first act: no ptrace by others of the same uid, no core, no new privileges. */
int system_harden(void);

/*
 * A signal that ends this process ends it: where there is a Swift toolchain, Swift's runtime starts another program instead, which offers
 * a debugger with this process's rights to whoever has typed Ctrl-\ at its terminal.
 */
void system_die_plainly(void);

/* One frame out; never waits (-EAGAIN), never raises SIGPIPE. */
int system_send(int socket, const uint8_t *frame, size_t length);
/* One frame in; never waits (-EAGAIN). 0: end of file. -EMSGSIZE: longer than `capacity`, and gone. */
int system_receive(int socket, uint8_t *buffer, size_t capacity);

/* What a file must be like to be trusted. */
typedef struct {
    /* Who may own it, besides root. */
    uid_t owner;
    /* The group that a group-readable file may belong to, besides root's; others than owner and group never read it. */
    gid_t group;
    /* The file is a program: only writing is watched, and the descriptor names it only (O_PATH), since it need not be readable. */
    int public_file;
} system_trust;

/* Owner or mode are such that others could have changed it, or read it. No errno has these numbers. */
#define SYSTEM_UNSAFE_FILE (-4001)
#define SYSTEM_UNSAFE_FOLDER (-4002)

/*
 * Opens an absolute path for reading, with no symlink in any part of it, and only where nobody but root and `owner` could have changed
 * the file or any folder above it (a folder that is sticky and root's, as /tmp, is let through where `owner` is not root).
 * A file is regular; with `folder` set it is a directory, its mode is that of a folder above, and the descriptor names it only (O_PATH).
 * Returns the descriptor (close-on-exec); SYSTEM_UNSAFE_FILE, SYSTEM_UNSAFE_FOLDER (of those above); -ELOOP (a symlink, or no absolute
 * path), -EINVAL (not a regular file), others as open(2): -EACCES is the kernel's no to this process.
 * `part` receives the length of the part of `path` that the error is about.
 */
int system_open_trusted(const char *path, system_trust trust, int folder, size_t *part);

/* What a helper is started with. */
typedef struct {
    int executable; /* its program, as system_open_trusted opens it; stays open here, as do the sockets */
    int sockets[2]; /* become its fd 3 and 4; the second may be -1 for none */
    const char *name;
    int elevated; /* this process is root's: the helper becomes `uid` and `gid`, for good, or ends */
    uid_t uid;
    gid_t gid;
} system_helper;

/*
 * Starts it: no arguments, an empty environment, 0 to 2 on /dev/null, the sockets and nothing else; all signals as they are by default,
 * limits as wide as they may be, a session of its own, umask 077, in "/". Returns its pid; what fails behind the fork is an end of file
 * on the sockets.
 */
pid_t system_start(const system_helper *helper);
/*
 * For a process of root's that anybody may start by way of sudo: takes away how its caller runs, which it and its children have inherited
 * (scheduling, processors, limits and, where there is cgroup v2, the control group), as far as the system lets it.
 */
void system_leave_reins(void);

/*
 * Goes on in a child, in a session of its own with all signals as they are by default: no terminal stops or ends it there, and it may read
 * and write one still. Returns 0 in the child, or -errno where there is none. This process waits for the child, hears no signal, and ends
 * with its exit code.
 */
int system_go_on_apart(void);

/* Waits at most so long for a helper to end, and forgets it if it has: closing its sockets is how it is told to. */
void system_await(pid_t pid, int milliseconds);

/* From now on SIGINT, SIGTERM and SIGHUP end nothing: that the descriptor can be read says that one came. */
int system_watch_signals(void);

/* Milliseconds of a clock that does not jump. */
int64_t system_now(void);

/* Overwrites, and is not optimised away. */
void system_wipe(void *buffer, size_t length);

#pragma clang assume_nonnull end
#endif

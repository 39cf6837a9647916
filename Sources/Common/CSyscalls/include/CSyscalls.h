/*
 * System calls of all processes of Countersign. Functions return a count, a descriptor or 0, or -errno.
 */
#ifndef C_SYSTEM_H
#define C_SYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/*
 * Hardens this process: no ptrace by other processes of the same uid, no core file, no new privileges (prctl(2)). A
 * helper calls it first.
 */
int system_harden(void);

/*
 * Resets the signals that dump core (signal(7)) to their default action. If a Swift toolchain is installed, Swift's
 * runtime answers them with a program that offers a debugger, with the rights of this process, to a user who types
 * Ctrl-\ at its terminal.
 */
void system_default_signals(void);

/* Sends one frame (send(2)); never waits (-EAGAIN), never raises SIGPIPE. */
int system_send(int socket, const uint8_t *frame, size_t length);
/*
 * Receives one frame (recvmsg(2)) and returns its length; never waits (-EAGAIN). 0: end of file. -EMSGSIZE: the frame
 * was longer than `capacity`, and is lost.
 */
int system_receive(int socket, uint8_t *buffer, size_t capacity);

/* The conditions on which a file is trusted. */
typedef struct {
    /* The uid that may own it, besides root. */
    uid_t owner;
    /* The group that may read it, besides root's; a file that others may read is not trusted. */
    gid_t group;
    /*
     * Nonzero for a program: only write access is checked, and the descriptor only names the file (O_PATH), since it
     * need not be readable.
     */
    int public_file;
} system_trust;

/* Owner or mode would let others change or read it. No errno has these numbers. */
#define SYSTEM_UNSAFE_FILE (-4001)
#define SYSTEM_UNSAFE_FOLDER (-4002)

/*
 * Opens an absolute path for reading, if no part of it is a symlink, and if only root and `owner` could have changed
 * the file or any folder above it. A folder that belongs to root and is sticky, such as /tmp, is accepted if `owner` is
 * not root. The file must be regular; with `folder` set it must be a directory, for which the rules of a folder above
 * hold, and the descriptor only names it (O_PATH).
 *
 * Returns the descriptor (close-on-exec); SYSTEM_UNSAFE_FILE; SYSTEM_UNSAFE_FOLDER; -ELOOP (a symlink, or a path that
 * is not absolute); -EINVAL (not a regular file); others as open(2), such as -EACCES if this process may not open it.
 * `part` receives the length of the part of `path` that the error is about.
 */
int system_open_trusted(const char *path, system_trust trust, int folder, size_t *part);

/* The program and the resources of a helper. */
typedef struct {
    int executable; /* its program, as system_open_trusted opens it; stays open here, like the sockets */
    int sockets[2]; /* become its fd 3 and 4; the second is -1 for none */
    const char *name;
    int elevated; /* this process is root: the helper changes to `uid` and `gid` irrevocably, or exits */
    uid_t uid;
    gid_t gid;
} system_helper;

/*
 * Starts a helper without arguments and environment. Its descriptors 0 to 2 are /dev/null, and it has the sockets and
 * no others. Its signals are at their defaults, its limits as wide as allowed; it has a session of its own, umask 077,
 * and "/" as its directory. Returns its pid; an error behind the fork shows as an end of file on the sockets.
 */
pid_t system_start(const system_helper *helper);
/*
 * Resets what a process of root, started through sudo, has inherited from its caller: scheduling, processors, limits
 * and, with cgroup v2, the control group, as far as the system allows.
 */
void system_reset_inherited(void);

/*
 * Continues in a child, in a session of its own with all signals at their defaults: a terminal can no longer stop or
 * end it, though it may still read and write one. Returns in the child, 0 or -errno; in this process only if the fork
 * fails, -errno. Otherwise this process waits for the child with all signals blocked, and exits with its exit code.
 */
int system_fork_session(void);

/* Waits up to `milliseconds` for a helper to end, and reaps it if it has. Closing its sockets tells it to end. */
void system_await(pid_t pid, int milliseconds);

/*
 * Blocks SIGINT, SIGTERM and SIGHUP. Returns a descriptor (signalfd(2)) that becomes readable when one of them arrives.
 */
int system_watch_signals(void);

/*
 * Gives an open file the extended attributes of the file `path`, which is not followed if it is a symlink. Signatures
 * of the kernel (IMA, EVM) are left out. Returns 0 or -errno; some attributes may be set then.
 */
int system_copy_attributes(const char *path, int file);

/* Milliseconds since the machine started (CLOCK_BOOTTIME), which do not jump; 0 on error. */
int64_t system_now(void);

/* Whether something keeps the system's clock right, as the kernel knows (adjtimex(2)): 1 or 0. */
int system_clock_is_synchronized(void);

/* Overwrites memory; never optimised away (explicit_bzero(3)). */
void system_wipe(void *buffer, size_t length);

#pragma clang assume_nonnull end
#endif

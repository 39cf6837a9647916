/*
 * What the relay may do in the login program: all of it. Implemented in CShim; there is no other way out of the relay.
 * Functions return a count or 0, or -errno. No function keeps a pointer that it was given.
 */
#ifndef C_HOST_H
#define C_HOST_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* What host_receive and host_start_net answer besides other errors. */
#define HOST_INTERRUPTED (-4)  /* -EINTR */
#define HOST_TIMED_OUT (-110)  /* -ETIMEDOUT */
#define HOST_ALREADY (-114)    /* -EALREADY */

/* One call of pam_sm_authenticate. */
typedef struct host host;

/* Copies the value of a hello field (FIELD_*) and returns its length: 0 where it is absent, -errno where it could not be found out. */
int host_field(host *h, int field, uint8_t *buffer, size_t capacity);

/* Starts countersign-login, with fd 3 and 4 as in CFrames.h. */
int host_start_login(host *h);
/* Starts countersign-net. Once only: -EALREADY after that. */
int host_start_net(host *h);

/* Sends one frame to countersign-login; never waits: -EAGAIN where the socket is full. */
int host_send(host *h, const uint8_t *frame, size_t length);
/* Waits for a frame of countersign-login until `until` (as host_now counts). Returns its length; 0: end of file; -EINTR: the person
   pressed Ctrl-C or Ctrl-\ meanwhile; -ETIMEDOUT; -EMSGSIZE: longer than `capacity`. */
int host_receive(host *h, uint8_t *buffer, size_t capacity, int64_t until);

/* Shows a line. `text` is `length` bytes without NUL. */
int host_tell(host *h, const uint8_t *text, size_t length);
/* Asks with echo and copies at most `capacity` bytes of the answer, returns the length of what was copied; -ENODATA: there was no answer.
   Wipes and frees what the conversation returned. */
int host_ask(host *h, const uint8_t *text, size_t length, uint8_t *buffer, size_t capacity);

/* Whether the user, or with `caller` set the real uid's user, is in the group: 1 or 0; -errno where that could not be found out. */
int host_in_group(host *h, int caller, const uint8_t *name, size_t length);

/* One line for the system log, priority as in syslog(3). */
void host_log(host *h, int priority, const uint8_t *text, size_t length);
/* The decision `unavailable` in the log, in the form in which countersign-login logs its decisions. */
void host_fail(host *h, const char *reason, const char *detail);

/* Milliseconds of a clock that does not jump. */
int64_t host_now(void);

/* Overwrites, and is not optimised away. */
void host_wipe(uint8_t *buffer, size_t length);

#pragma clang assume_nonnull end
#endif

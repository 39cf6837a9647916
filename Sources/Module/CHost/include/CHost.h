/*
 * What the relay may do in the login program: all of it. Implemented in CShim; there is no other way out of the relay.
 * Functions return a count or 0, or -errno. No function keeps a pointer that it was given.
 */
#ifndef C_HOST_H
#define C_HOST_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* Errors that the relay tells apart. */
#define HOST_INTERRUPTED (-4)  /* -EINTR */
#define HOST_NO_MEMORY (-12)   /* -ENOMEM */
#define HOST_DISCONNECTED (-107) /* -ENOTCONN */
#define HOST_TIMED_OUT (-110)  /* -ETIMEDOUT */
#define HOST_ENTER (-4003)     /* no errno has this number */
#define HOST_ALREADY (-114)    /* -EALREADY */

/* One call of pam_sm_authenticate. */
typedef struct host host;

/* Memory of the host's. The relay allocates none: where there is no memory, a trap would end the login program. */
typedef struct {
    uint8_t *bytes;
    size_t capacity;
} host_buffer;
/* The frame that came, and the one that goes: FRAME_MAX bytes each. */
host_buffer host_received(host *h);
host_buffer host_sent(host *h);
/* What is shown, asked or logged, FRAME_MAX bytes; and what was typed. */
host_buffer host_text(host *h);
host_buffer host_answer(host *h);

/* Copies the value of a hello field (FIELD_*) and returns its length: 0 where it is absent, -errno where it could not be found out. */
int host_field(host *h, int field, uint8_t *buffer, size_t capacity);

/* Starts countersign-login, with fd 3 and 4 as in CFrames.h. */
int host_start_login(host *h);
/* Starts countersign-net. Once only: -EALREADY after that. */
int host_start_net(host *h);

/* Sends `length` bytes of host_sent to countersign-login; never waits: -EAGAIN where the socket is full. */
int host_send(host *h, size_t length);
/* Waits for a frame of countersign-login until `until` (as host_now counts), and puts it into host_received. Returns
   its length; 0: end of file; -EINTR: the person pressed Ctrl-C or Ctrl-\ meanwhile; HOST_ENTER: Enter, after
   host_listen; -ENOTCONN: nobody is there any more, as sshd's client has gone, the terminal has hung up, or this
   process was told to end; -ETIMEDOUT; -EMSGSIZE: longer than FRAME_MAX. */
int host_receive(host *h, int64_t until);
/* From now on until the next host_ask, or a line, host_receive hears Enter at the terminal. What was typed before is
   dropped, and what was typed meanwhile is dropped in the end. */
void host_listen(host *h);

/* Shows `length` bytes of host_text, never on standard output. -ENOMEM: the conversation had no memory for it. */
int host_tell(host *h, size_t length);
/* Asks for a line, with echo, by `length` bytes of host_text. Puts it into host_answer, cut at its end, and returns its
   length there; -ENODATA: there was no answer; -EINTR: Ctrl-C was pressed before, and nothing was asked. Wipes and
   frees what the conversation returned. */
int host_ask(host *h, size_t length);

/* Whether the user, or with `caller` set the real uid's user, is in the group: 1 or 0; -errno where that could not be found out. */
int host_in_group(host *h, int caller, const uint8_t *name, size_t length);

/* One line for the system log: `length` bytes of host_text, priority as in syslog(3). */
void host_log(host *h, int priority, size_t length);
/* The decision `unavailable` in the log, in the form in which countersign-login logs its decisions. */
void host_fail(host *h, const char *reason, const char *detail);

/* Milliseconds of a clock that does not jump. */
int64_t host_now(void);

/* Overwrites, and is not optimised away. */
void host_wipe(uint8_t *buffer, size_t length);

#pragma clang assume_nonnull end
#endif

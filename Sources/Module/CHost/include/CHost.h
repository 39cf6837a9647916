/*
 * What the relay may do in the login program: all of it. CShim implements these functions; the relay calls nothing
 * else.
 *
 * Pointers are never null. `h` belongs to CShim and is valid during one call of relay_run. No function keeps a pointer
 * that it is given. A function that returns int returns a count or 0, and -errno on an error unless its comment says
 * otherwise.
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

/* Memory of the host: `capacity` bytes, owned by it and valid as long as it is. The relay allocates none: without
   memory a trap would end the login program. */
typedef struct {
    uint8_t *bytes;
    size_t capacity;
} host_buffer;
/* The frame that host_receive has filled in, and the frame that host_send sends: FRAME_MAX bytes each. */
host_buffer host_received(host *h);
host_buffer host_sent(host *h);
/* The text for host_tell, host_ask and host_log: FRAME_MAX bytes, no NUL needed. The line that host_ask has read. */
host_buffer host_text(host *h);
host_buffer host_answer(host *h);

/* Copies the value of a hello field (FIELD_*) to `buffer`, which holds `capacity` bytes. Returns its length there
   (no NUL is part of it); 0: the field is absent; -errno: it could not be determined. */
int host_field(host *h, int field, uint8_t *buffer, size_t capacity);

/* Starts countersign-login with fd 3 and 4 as CFrames.h says. Returns 0, or a negative number after a line in the
   log. */
int host_start_login(host *h);
/* Starts countersign-net. Returns 0; -EALREADY from the second call on; another negative number after a line in the
   log. */
int host_start_net(host *h);

/* Sends the first `length` bytes of host_sent to countersign-login and never waits. Returns 0; -EAGAIN: the socket is
   full; -EMSGSIZE: `length` is above FRAME_MAX. */
int host_send(host *h, size_t length);
/*
 * Waits for a frame from countersign-login, puts it into host_received and returns its length. `until` is a time of
 * host_now. Other returns:
 *   0             end of file
 *   -EINTR        Ctrl-C or Ctrl-\ was pressed
 *   HOST_ENTER    Enter was pressed after host_listen; returned once for each host_listen
 *   -ENOTCONN     sshd's client is gone, the terminal has hung up, or this process was told to end
 *   -ETIMEDOUT    `until` has passed
 *   -EMSGSIZE     the frame was longer than FRAME_MAX; it is lost
 */
int host_receive(host *h, int64_t until);
/* Makes host_receive report Enter at the terminal, until the next host_ask or the first line. Drops what was typed
   before; what is typed meanwhile is dropped in the end. Does nothing if there is no terminal to listen at. */
void host_listen(host *h);

/* Shows the first `length` bytes of host_text, never on standard output. Returns 0; -ENOMEM: the conversation had no
   memory; -EIO: it failed in another way. */
int host_tell(host *h, size_t length);
/* Shows the first `length` bytes of host_text as a prompt and reads a line, with echo, into host_answer, cut to its
   capacity. Returns the length there; -ENODATA: there was no answer; -EINTR: Ctrl-C was pressed before, and nothing was
   asked. Wipes and frees what the conversation returned. */
int host_ask(host *h, size_t length);

/* Whether the user, or the real uid's user if `caller` is not 0, is a member of a group. `name` has `length` bytes and
   no NUL. Returns 1 or 0, or -errno if that could not be determined: -ESRCH: the system does not know the user. */
int host_in_group(host *h, int caller, const uint8_t *name, size_t length);

/* Writes the first `length` bytes of host_text as one line to the system log. `priority` is as in syslog(3); LOG_DEBUG
   is written only with `debug` in pam.d. */
void host_log(host *h, int priority, size_t length);
/* Logs the decision `unavailable` in the form in which countersign-login logs its decisions. `reason` is one word,
   `detail` a sentence; both end with a NUL. */
void host_fail(host *h, const char *reason, const char *detail);

/* Milliseconds since boot, time in suspend included (CLOCK_BOOTTIME, clock_gettime(2)); it does not jump. */
int64_t host_now(void);

/* Overwrites `length` bytes with zeros; the compiler does not remove it (explicit_bzero(3)). */
void host_wipe(uint8_t *buffer, size_t length);

#pragma clang assume_nonnull end
#endif

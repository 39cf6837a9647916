/*
 * One call of pam_sm_authenticate: what the files of the module share. CHost.h declares the functions that the relay
 * calls (host_*).
 *
 * Pointers are never null. A `host` lives on the stack of pam_sm_authenticate; functions keep no pointer to anything
 * else that they are given.
 */
#ifndef SHIM_H
#define SHIM_H

#include <pwd.h>
#include <signal.h>
#include <security/pam_modules.h>
#include <sys/types.h>

#include "CFrames.h"
#include "CGroups.h"
#include "CHost.h"

#define DEFAULT_CONFIG "/etc/countersign/countersign.toml"
#define DEFAULT_HELPERS "/usr/libexec/countersign"
#define LOGIN_USER "_countersign"
#define NET_USER "_countersign-net"

/* The user and group as which a helper runs. */
typedef struct {
    uid_t uid;
    gid_t gid;
} identity;

/* A helper: both -1 until it is started. `pidfd` is owned and closed by start.c. */
typedef struct {
    pid_t pid;
    int pidfd;
} child;

struct host {
    pam_handle_t *pamh;
    /* The arguments in pam.d, owned by libpam, or the defaults. */
    const char *config;
    const char *helpers;
    int debug;
    /* The user: as PAM named it, and as the system knows it, looked up once. If `known` is 0, the system does not know
       the user: `user` is what was typed, and uid and gid are not set. */
    char typed[256];
    char user[256];
    int known;
    uid_t uid;
    gid_t gid;
    /* The real uid's user; `caller` is empty if the system does not know it. */
    char caller[256];
    gid_t caller_gid;
    /* The groups of the user or of the caller, as `groups_of` says; 0: none were looked up yet. */
    group_list groups;
    enum { GROUPS_OF_USER = 1, GROUPS_OF_CALLER } groups_of;
    /* Whether the effective uid is 0; if so, the user and group of countersign-login. */
    int elevated;
    identity login_as;
    /* Our end of the socket to countersign-login, and the end for countersign-net until it is started; -1: none. */
    int socket;
    int net_end;
    child login;
    child net;
    /* Watched during a wait: sshd's connection to the client, owned by sshd; the terminal, owned by us; -1: none. */
    int client;
    int terminal;
    /* Whether Enter at the terminal can be heard, and whether it is reported now. */
    int can_listen;
    int listens;
    /* The signals that were taken during waits. */
    sigset_t taken;
    /* The relay's memory (CHost.h): the frame received, the frame to send, a text with its NUL, and the line typed. */
    uint8_t received[FRAME_MAX];
    uint8_t sent[FRAME_MAX];
    char text[FRAME_MAX + 1];
    uint8_t answer[1024];
};

/* items.c: fills in the user, the caller and the identity of the helpers. Returns 0, or -errno after a line in the
   log. */
int items_read(host *h);
/* items.c: a text item of PAM (pam_get_item(3)), owned by libpam; "" if it is not set. */
const char *items_text(host *h, int type);
/* items.c: SSH_CONNECTION as sshd set it (ssh(1)), owned by libpam; "" unless sshd calls. */
const char *items_connection(host *h);
/* items.c: whether PAM_USER still names the user that was looked up. Returns 1, or 0 after a line in the log. */
int items_unchanged(host *h);

/* items.c: looks up the system user `name` and fills in `as`; root is not accepted. Returns 0, or -ENOENT after a line
   in the log. */
int items_identity(host *h, const char *name, identity *as);

/* presence.c: finds the client's connection and opens the terminal; closes the terminal and forgets both. */
void presence_open(host *h);
void presence_close(host *h);
/* presence.c: whether the client is gone or the terminal has hung up, by the events that poll(2) returned for each. */
int presence_is_lost(const host *h, short of_client, short of_terminal);
/* presence.c: whether a line typed now is for us; reads and drops one line, returns 1 if there was one; drops all that
   was typed. */
int presence_hears(const host *h);
int presence_take_line(const host *h);
void presence_drop_input(const host *h);

/* wait.c: whether SIGINT or SIGQUIT is pending; also 1 if that cannot be determined. */
int wait_is_interrupted(void);
/* wait.c: sends the login program the SIGHUP and SIGTERM that were taken from it, however the login ended. */
void wait_give_back(host *h);

/* start.c: closes the sockets, then ends and reaps the helpers. Returns the status of countersign-login as in wait(2),
   0 for exit code 0; -1: unknown or never started. */
int start_finish(host *h);

/* journal.c: writes a line, `prefix` and then the first `length` bytes of `text`, to the journal, with the keys of a
   decision as fields beside it. It never waits. Returns 0, or -errno if nothing was written: syslog(3) is to do it. */
int journal_write(int priority, const char *prefix, const char *text, size_t length);

/* log.c: logs the decision `unavailable` in the form in which countersign-login logs its decisions. `reason` is one
   word; `format` and the rest are as in printf(3) and become its detail. */
__attribute__((format(printf, 3, 4))) void log_failure(host *h, const char *reason, const char *format, ...);
/* log.c: logs a line that is not a decision. The text is written as it is: it must hold nothing that others chose. */
__attribute__((format(printf, 2, 3))) void log_note(host *h, const char *format, ...);

#endif

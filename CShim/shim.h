/* One call of pam_sm_authenticate, shared by the files of the module. */
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

/* What a helper is started with. */
typedef struct {
    uid_t uid;
    gid_t gid;
} identity;

/* A process that was started: both -1 before. */
typedef struct {
    pid_t pid;
    int pidfd;
} child;

struct host {
    pam_handle_t *pamh;
    /* From the line in pam.d. */
    const char *config;
    const char *helpers;
    int debug;
    /* The user: as PAM had it, and as the system has it, looked up once. `known` is 0 where the system has no such user. */
    char typed[256];
    char user[256];
    int known;
    uid_t uid;
    gid_t gid;
    /* The real uid's user. `caller` is empty where the system has none. */
    char caller[256];
    gid_t caller_gid;
    /* The groups of one of them, looked up once: of the caller with GROUPS_OF_CALLER, of nobody yet with 0. */
    group_list groups;
    enum { GROUPS_OF_USER = 1, GROUPS_OF_CALLER } groups_of;
    /* Who countersign-login is where we are root. */
    int elevated;
    identity login_as;
    /* This side's end of the socket to countersign-login; the end that countersign-net gets; -1: none. */
    int socket;
    int net_end;
    child login;
    child net;
    /* Who is listened to meanwhile: sshd's connection to the client, which is sshd's; the terminal; -1: none. */
    int client;
    int terminal;
    /* Enter at the terminal can be heard; and is. */
    int can_listen;
    int listens;
    /* Signals that came during a wait and were taken. */
    sigset_t taken;
    /* What the relay works in (CHost.h): the frame that came, the frame that goes, a text and its NUL, and what was
       typed. */
    uint8_t received[FRAME_MAX];
    uint8_t sent[FRAME_MAX];
    char text[FRAME_MAX + 1];
    uint8_t answer[1024];
};

/* items.c: fills in who logs in. 0, or -errno after a line in the log. */
int items_read(host *h);
/* items.c: a text item of PAM's; "" where it is not set. */
const char *items_text(host *h, int type);
/* items.c: SSH_CONNECTION as sshd set it; "" where it is not sshd that calls. */
const char *items_connection(host *h);
/* items.c: whether PAM still means the user whom we looked up. */
int items_unchanged(host *h);

/* items.c: the user and group of a helper. 0, or -errno after a line in the log. */
int items_identity(host *h, const char *name, identity *as);

/* presence.c: finds the client's connection and the terminal; closes what was opened. */
void presence_open(host *h);
void presence_close(host *h);
/* presence.c: the client has gone, or the terminal has hung up, by what poll(2) has found for it. */
int presence_is_lost(const host *h, short of_client, short of_terminal);
/* presence.c: whether a line that is typed now is for us; takes one, if there is one; drops what was typed. */
int presence_hears(const host *h);
int presence_take_line(const host *h);
void presence_drop_input(const host *h);

/* wait.c: Ctrl-C or Ctrl-\ is pending, or may be. */
int wait_is_interrupted(void);
/* wait.c: hands the login program the SIGHUP and SIGTERM that were taken from it, whatever became of the login. */
void wait_give_back(host *h);

/* start.c: ends what is left of the helpers and reaps it. Returns countersign-login's status as of wait(2): 0 is
   exit code 0. */
int start_finish(host *h);

/* log.c: the decision `unavailable`, in the form in which countersign-login logs its decisions. */
__attribute__((format(printf, 3, 4))) void log_failure(host *h, const char *reason, const char *format, ...);
/* log.c: a line that is no decision: the caller's words, without anything that others chose. */
__attribute__((format(printf, 2, 3))) void log_note(host *h, const char *format, ...);

#endif

/* Starts the helpers and ends them; CSyscalls has the system calls for it. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSyscalls.h"

/* Closes a descriptor, if it is open, and sets it to -1. */
static void forget(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* How long a helper may take to end after its socket is closed, and after it is killed: milliseconds. */
#define ENDING 1000
#define DYING 2000

/* Waits at most that long for a child to end. Returns 1: it has ended and is reaped; 0: it has not. `status` receives
   the status of wait(2); 0 if the login program leaves none (it ignores SIGCHLD or has reaped the child itself); -1 if
   it cannot be determined. */
static int ended_within(const child *c, int milliseconds, int *status) {
    int64_t until = system_now() + milliseconds;
    int is_certain = 1;
    for (;;) {
        pid_t reaped = waitpid(c->pid, status, WNOHANG);
        int error = reaped < 0 ? errno : 0;
        if (reaped > 0 || error == ECHILD) {
            if (!is_certain) *status = -1;
            else if (error == ECHILD) *status = 0;
            return 1;
        }
        if (error != 0 && error != EINTR) is_certain = 0;
        int64_t left = until - system_now();
        if (left <= 0) return 0;
        /* Without a descriptor that can be relied on, nothing wakes us: look again every 10 ms. */
        int watches = c->pidfd >= 0 && is_certain;
        struct pollfd watched = {watches ? c->pidfd : -1, POLLIN, 0};
        if (poll(&watched, 1, !watches && left > 10 ? 10 : (int)left) < 0 && errno != EINTR) is_certain = 0;
    }
}

/* Waits that long for a helper to end, then kills it. Returns its status as in wait(2). A helper that cannot be killed,
   such as one in uninterruptible sleep, is logged and left behind; its status is -1. */
static int reap(host *h, const char *name, child *c, int milliseconds) {
    int status = -1;
    if (c->pid < 0) return status;
    if (!ended_within(c, milliseconds, &status)) {
        if (c->pidfd >= 0) pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
        if (!ended_within(c, DYING, &status)) {
            status = -1;
            log_note(h, "%s (pid %ld) does not end, not even killed, and is left behind", name, (long)c->pid);
        }
    }
    forget(&c->pidfd);
    c->pid = -1;
    return status;
}

/* Opens a helper's program, which is later executed by descriptor, so that the file cannot be exchanged in between.
   Returns the descriptor, or a negative number after a line in the log. */
static int open_helper(host *h, const char *name) {
    char path[4096];
    size_t part = 0;
    system_trust trust = {.owner = geteuid(), .group = 0, .public_file = 1};
    int length = snprintf(path, sizeof path, "%s/%s", h->helpers, name);
    int fd = length < (int)sizeof path ? system_open_trusted(path, trust, 0, &part) : -ENAMETOOLONG;
    if (fd < 0)
        log_failure(h, "helper_unusable", "cannot start %s: %.*s: %s", path, (int)part, path,
                    fd == SYSTEM_UNSAFE_FILE || fd == SYSTEM_UNSAFE_FOLDER ? "not root's, or others may write it"
                    : fd == -ELOOP                                         ? "a symlink"
                                                                           : strerror(-fd));
    return fd;
}

/* Starts a helper with its sockets as fd 3 and 4; `second` may be -1. Returns 0, or a negative number after a line in
   the log. */
static int start(host *h, const char *name, identity as, int first, int second, child *started) {
    system_helper helper = {
        .executable = open_helper(h, name),
        .sockets = {first, second},
        .name = name,
        .elevated = h->elevated,
        .uid = as.uid,
        .gid = as.gid};
    if (helper.executable < 0) return helper.executable;
    pid_t pid = system_start(&helper);
    close(helper.executable);
    if (pid < 0) {
        log_failure(h, "no_process", "cannot start %s: %s", name, strerror(-pid));
        return pid;
    }
    started->pid = pid;
    started->pidfd = pidfd_open(pid, 0);
    if (started->pidfd >= 0) return 0;
    /* Without a descriptor it could not be ended safely later, so it is ended now. */
    log_failure(h, "no_process", "cannot watch %s: %m", name);
    kill(pid, SIGKILL);
    reap(h, name, started, 0);
    return -EMFILE;
}

int host_start_login(host *h) {
    int to_login[2], to_net[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, to_login) != 0) {
        log_failure(h, "no_socket", "%m");
        return -EMFILE;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, to_net) != 0) {
        log_failure(h, "no_socket", "%m");
        close(to_login[0]), close(to_login[1]);
        return -EMFILE;
    }
    h->socket = to_login[0];
    h->net_end = to_net[1];
    int result = start(h, "countersign-login", h->login_as, to_login[1], to_net[0], &h->login);
    close(to_login[1]);
    close(to_net[0]);
    return result;
}

int host_start_net(host *h) {
    identity as = {0, 0};
    if (h->net_end < 0) return -EALREADY;
    int result = h->elevated ? items_identity(h, NET_USER, &as) : 0;
    if (result == 0) result = start(h, "countersign-net", as, h->net_end, -1, &h->net);
    forget(&h->net_end);
    return result;
}

int start_finish(host *h) {
    forget(&h->socket);
    forget(&h->net_end);
    int result = reap(h, "countersign-login", &h->login, ENDING);
    /* It may still be withdrawing a request at the server. */
    if (h->net.pid >= 0) reap(h, "countersign-net", &h->net, ENDING);
    return result;
}

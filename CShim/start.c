/* The one place where a process is started, and where it is ended. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSyscalls.h"

/* What the child needs, all of it made before the fork. */
typedef struct {
    int executable;
    int sockets[2]; /* become fd 3 and 4; the second may be -1 */
    const char *name;
    int elevated;
    identity as;
} plan;

/* From here to execveat in the child: async-signal-safe calls only. */

static void put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, text, strlen(text)) < 0) { /* not everywhere possible */ }
    close(fd);
}

/* su and sudo hand on how their user runs: slowed down or frozen, with the accounts' lock in hand, we would hold up everybody's logins.
   Each is tried; a system without it is none the worse. */
static void leave_the_callers_reins(void) {
    struct sched_param usual = {0};
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    put("/sys/fs/cgroup/cgroup.procs", "0");
    put("/proc/self/oom_score_adj", "0");
    sched_setscheduler(0, SCHED_OTHER, &usual);
    sched_setaffinity(0, sizeof all, &all);
    setpriority(PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, 0);
}

/* As wide as they may be made: without CAP_SYS_RESOURCE, as in many containers, root cannot go beyond a hard limit either. */
static void reset_limits(int elevated) {
    static const int limits[] = {RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_AS, RLIMIT_DATA, RLIMIT_CPU, RLIMIT_STACK, RLIMIT_NOFILE};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit, wide = {RLIM_INFINITY, RLIM_INFINITY};
        /* Few descriptors are ever needed. */
        if (limits[i] == RLIMIT_NOFILE) wide.rlim_cur = wide.rlim_max = 1024;
        if (limits[i] == RLIMIT_STACK) wide.rlim_cur = 8 << 20;
        if (elevated && setrlimit(limits[i], &wide) == 0) continue;
        if (getrlimit(limits[i], &limit) != 0) _exit(126);
        if (limits[i] != RLIMIT_STACK || limit.rlim_max < wide.rlim_cur) limit.rlim_cur = limit.rlim_max;
        if (setrlimit(limits[i], &limit) != 0) _exit(126);
    }
}

static void reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &action, NULL);
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) _exit(126);
}

static void drop_rights(identity as) {
    uid_t r, e, s;
    gid_t rg, eg, sg;
    if (setgroups(0, NULL) != 0 || setresgid(as.gid, as.gid, as.gid) != 0 || setresuid(as.uid, as.uid, as.uid) != 0) _exit(126);
    if (getresuid(&r, &e, &s) != 0 || getresgid(&rg, &eg, &sg) != 0 || getgroups(0, NULL) != 0) _exit(126);
    if (r == 0 || e == 0 || s == 0 || rg == 0 || eg == 0 || sg == 0) _exit(126);
}

static int lift(int fd) {
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    if (lifted < 0) _exit(126);
    return lifted;
}

/* 0 to 2 on /dev/null, 3 and 4 the sockets, 5 what is executed, nothing else. */
static void place_descriptors(const plan *p) {
    int executable = lift(p->executable), first = lift(p->sockets[0]), second = p->sockets[1] >= 0 ? lift(p->sockets[1]) : -1;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) _exit(126);
    null = lift(null);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(null, fd) < 0) _exit(126);
    if (dup2(first, 3) < 0 || (second >= 0 ? dup2(second, 4) : close_range(4, 4, 0)) < 0) _exit(126);
    if (dup3(executable, 5, O_CLOEXEC) < 0 || close_range(6, ~0U, 0) != 0) _exit(126);
}

__attribute__((noreturn)) static void become(const plan *p) {
    char *const arguments[] = {(char *)p->name, NULL};
    char *const environment[] = {NULL};
    if (p->elevated && getuid() != 0) leave_the_callers_reins();
    reset_limits(p->elevated);
    place_descriptors(p);
    reset_signals();
    setsid();
    umask(077);
    if (chdir("/") != 0) _exit(126);
    if (p->elevated) drop_rights(p->as);
    execveat(5, "", arguments, environment, AT_EMPTY_PATH);
    _exit(127);
}

static void forget(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Whether it ended within so many milliseconds; by its descriptor, since its number may be another's by then. */
static int ended_within(const child *c, int milliseconds) {
    struct pollfd watched = {c->pidfd, POLLIN, 0};
    int64_t until = system_now() + milliseconds;
    for (;;) {
        int64_t left = until - system_now();
        int ready = poll(&watched, 1, left > 0 ? (int)left : 0);
        if (ready > 0) return 1;
        if (ready == 0 || errno != EINTR) return 0;
    }
}

/* Reaps; the status, which is taken for 0 where the login program keeps no children's ends (SIGCHLD ignored, or reaped by itself). */
static int reap(child *c, int milliseconds) {
    int status = 0;
    pid_t reaped;
    if (c->pid < 0) return -1;
    if (c->pidfd >= 0 && !ended_within(c, milliseconds)) pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
    do reaped = waitpid(c->pid, &status, 0);
    while (reaped < 0 && errno == EINTR);
    forget(&c->pidfd);
    c->pid = -1;
    if (reaped < 0) return errno == ECHILD ? 0 : -1;
    return status;
}

/* Opened once, executed by descriptor: nobody can put another file in between. */
static int open_helper(host *h, const char *name) {
    char path[4096];
    size_t part = 0;
    system_trust trust = {.owner = geteuid(), .group = 0, .public_file = 1};
    int length = snprintf(path, sizeof path, "%s/%s", h->helpers, name);
    int fd = length < (int)sizeof path ? system_open_trusted(path, trust, 0, &part) : -ENAMETOOLONG;
    if (fd < 0)
        log_failure(h, "helper_unusable", "cannot start %s: %.*s: %s", path, (int)part, path,
                 fd == SYSTEM_UNSAFE_FILE || fd == SYSTEM_UNSAFE_FOLDER ? "not root's, or others may write it" : fd == -ELOOP ? "a symlink" : strerror(-fd));
    return fd;
}

static int start(host *h, const char *name, identity as, int first, int second, child *started) {
    plan p = {.executable = open_helper(h, name), .sockets = {first, second}, .name = name, .elevated = h->elevated, .as = as};
    if (p.executable < 0) return p.executable;
    sigset_t all, before;
    sigfillset(&all);
    /* No handler of the login program may run in the child. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) become(&p);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(p.executable);
    if (pid < 0) {
        log_failure(h, "no_process", "cannot start %s: %s", name, strerror(error));
        return -error;
    }
    started->pid = pid;
    started->pidfd = pidfd_open(pid, 0);
    if (started->pidfd >= 0) return 0;
    /* What could not be ended later is ended now. */
    log_failure(h, "no_process", "cannot watch %s: %m", name);
    kill(pid, SIGKILL);
    reap(started, 0);
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
    int result = reap(&h->login, 1000);
    /* It may still be telling the server that a request is over. */
    if (h->net.pid >= 0) reap(&h->net, 1000);
    return result;
}

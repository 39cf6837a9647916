#define _GNU_SOURCE
#include "CSyscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From here to execveat in the child: async-signal-safe calls only. */

static void put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, text, strlen(text)) < 0) { /* not possible everywhere */ }
    close(fd);
}

/* su and sudo pass on how their user runs. A process that is slowed down or frozen while it holds the lock of the
   accounts delays the logins of everybody. Errors are ignored, as not every system has all of these. */
static void escape_callers_limits(void) {
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

/* Sets limits as wide as allowed: without CAP_SYS_RESOURCE, as in many containers, not even root can exceed a hard
   limit. */
static void reset_limits(int elevated) {
    static const int limits[] = {RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_AS,    RLIMIT_DATA,
                                 RLIMIT_CPU,   RLIMIT_STACK, RLIMIT_NOFILE};
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
    /* SIGKILL, SIGSTOP and the C library's own signals cannot be set. */
    for (int signal = 1; signal < NSIG; signal++)
        if (sigaction(signal, &action, NULL) != 0 && errno != EINVAL) _exit(126);
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) _exit(126);
}

static void drop_rights(uid_t uid, gid_t gid) {
    uid_t r, e, s;
    gid_t rg, eg, sg;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) _exit(126);
    if (getresuid(&r, &e, &s) != 0 || getresgid(&rg, &eg, &sg) != 0 || getgroups(0, NULL) != 0) _exit(126);
    if (r == 0 || e == 0 || s == 0 || rg == 0 || eg == 0 || sg == 0) _exit(126);
}

static int lift(int fd) {
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    if (lifted < 0) _exit(126);
    return lifted;
}

/* Descriptors 0 to 2 become /dev/null, 3 and 4 the sockets, 5 the executable; all others are closed. */
static void place_descriptors(const system_helper *h) {
    int executable = lift(h->executable), first = lift(h->sockets[0]),
        second = h->sockets[1] >= 0 ? lift(h->sockets[1]) : -1;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) _exit(126);
    null = lift(null);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(null, fd) < 0) _exit(126);
    if (dup2(first, 3) < 0 || (second >= 0 ? dup2(second, 4) : close_range(4, 4, 0)) < 0) _exit(126);
    if (dup3(executable, 5, O_CLOEXEC) < 0 || close_range(6, ~0U, 0) != 0) _exit(126);
}

__attribute__((noreturn)) static void become(const system_helper *h) {
    char *const arguments[] = {(char *)h->name, NULL};
    char *const environment[] = {NULL};
    if (h->elevated && getuid() != 0) escape_callers_limits();
    reset_limits(h->elevated);
    place_descriptors(h);
    reset_signals();
    if (setsid() < 0) _exit(126);
    umask(077);
    if (chdir("/") != 0) _exit(126);
    if (h->elevated) drop_rights(h->uid, h->gid);
    execveat(5, "", arguments, environment, AT_EMPTY_PATH);
    _exit(127);
}

pid_t system_start(const system_helper *h) {
    sigset_t all, before;
    sigfillset(&all);
    /* No handler of this program may run in the child. */
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;
    pid_t pid = fork();
    if (pid == 0) become(h);
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -error : pid;
}

void system_reset_inherited(void) {
    escape_callers_limits();
    reset_limits(1);
}

static int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

int system_fork_session(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t all, before;
    int status = 126 << 8;
    sigfillset(&all);
    sigaction(SIGCHLD, &usual, NULL);
    /* While they are blocked, no signal can stop this process. */
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        reset_signals();
        return setsid() < 0 ? -errno : 0;
    }
    if (pid < 0) {
        int error = errno;
        sigprocmask(SIG_SETMASK, &before, NULL);
        return -error;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    _exit(code_of(status));
}

void system_await(pid_t pid, int milliseconds) {
    int pidfd = pidfd_open(pid, 0);
    if (pidfd >= 0) {
        struct pollfd watched = {pidfd, POLLIN, 0};
        poll(&watched, 1, milliseconds);
        close(pidfd);
    }
    waitpid(pid, NULL, WNOHANG);
}

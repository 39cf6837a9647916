/*
 * Preloaded into pam_host: makes one call fail that is made while the module runs, by itself or by the C library for
 * it, in this process or in a child before its program. FAULTS names a file of 1,024 bytes: in the first four the
 * number of the call that fails, counted from 1 in each process; in the next four in which process: 0 is the login
 * program, 1 its first child, 2 its second; the rest receives the name of what failed. FAULTS_ONLY names the calls that
 * are counted, between commas; all are without it. With FAULTS_UNKILLABLE set, nothing dies of a signal.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct report {
    int nth;
    int process;
    char name[1016];
} *report;
static int is_armed, is_paused, count, children, own_number;
static pid_t first_child;

void faults_pause(int paused) { is_paused = paused; }

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (map != MAP_FAILED) report = map;
}

/* Whether FAULTS_ONLY, as in ",read,write,", has the name, or is not there. */
static int is_counted(const char *name) {
    const char *only = getenv("FAULTS_ONLY");
    char full[200];
    snprintf(full, sizeof full, ",%s,", name);
    return only == NULL || strstr(only, full) != NULL;
}

static int fails(const char *name) {
    if (report == NULL || !is_armed || is_paused || own_number != report->process || !is_counted(name)) return 0;
    if (++count != report->nth) return 0;
    snprintf(report->name, sizeof report->name, "%s", name);
    return 1;
}

int pam_authenticate(pam_handle_t *handle, int flags) {
    int (*real)(pam_handle_t *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "pam_authenticate");
    is_armed = 1;
    int result = real(handle, flags);
    is_armed = 0;
    return result;
}

/* The C library's own allocators, since dlsym may allocate. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

/* The file that a call comes from. */
static const char *file_of(const void *caller) {
    Dl_info where;
    const char *name = dladdr(caller, &where) && where.dli_fname ? strrchr(where.dli_fname, '/') : NULL;
    return name ? name + 1 : "?";
}

/* Named by the caller, since the C library may get along without the memory. */
static int lacks(const char *name, const void *caller) {
    char full[200];
    if (report == NULL || !is_armed || is_paused) return 0;
    snprintf(full, sizeof full, "%s for %s", name, file_of(caller));
    return fails(full);
}
#define LACKS(name) lacks(name, __builtin_return_address(0))

/* Only the module's own: what the C library loads for it may trust in calls that cannot fail. pam_host.c has some on
   their way. */
static int breaks(const char *name, const void *caller) {
    if (report == NULL || !is_armed || is_paused) return 0;
    const char *file = file_of(caller);
    return (strcmp(file, "pam_countersign.so") == 0 || strcmp(file, "pam_host") == 0) && fails(name);
}
#define BREAKS(name) breaks(name, __builtin_return_address(0))

void *malloc(size_t size) { return LACKS("malloc") ? errno = ENOMEM, NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return LACKS("calloc") ? errno = ENOMEM, NULL : __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { return LACKS("realloc") ? errno = ENOMEM, NULL : __libc_realloc(old, size); }
void *aligned_alloc(size_t a, size_t size) {
    return LACKS("aligned_alloc") ? errno = ENOMEM, NULL : __libc_memalign(a, size);
}
int posix_memalign(void **place, size_t a, size_t size) {
    if (LACKS("posix_memalign")) return ENOMEM;
    return (*place = __libc_memalign(a, size)) ? 0 : ENOMEM;
}

#define CALL(result, name, error, parameters, ...) \
    result name parameters { \
        result(*real) parameters; \
        if (BREAKS(#name)) return errno = error, -1; \
        *(void **)&real = dlsym(RTLD_NEXT, #name); \
        return real(__VA_ARGS__); \
    }
/* These return the error. */
#define CODE(name, error, give, parameters, ...) \
    int name parameters { \
        int(*real) parameters; \
        if (BREAKS(#name)) { give; return error; } \
        *(void **)&real = dlsym(RTLD_NEXT, #name); \
        return real(__VA_ARGS__); \
    }

CODE(getpwnam_r, EIO, *found = NULL,
     (const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **found),
     name, entry, buffer, size, found)
CODE(getpwuid_r, EIO, *found = NULL,
     (uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found),
     uid, entry, buffer, size, found)
CODE(fgetgrent_r, EIO, *found = NULL,
     (FILE *file, struct group *entry, char *buffer, size_t size, struct group **found),
     file, entry, buffer, size, found)
CALL(int, gethostname, EIO, (char *name, size_t size), name, size)
CALL(int, socketpair, EMFILE, (int domain, int type, int protocol, int ends[2]), domain, type, protocol, ends)
CALL(int, pidfd_open, EMFILE, (pid_t pid, unsigned flags), pid, flags)
CALL(int, fstat, EIO, (int fd, struct stat *status), fd, status)
CALL(ssize_t, read, EIO, (int fd, void *buffer, size_t size), fd, buffer, size)
CALL(ssize_t, write, EIO, (int fd, const void *buffer, size_t size), fd, buffer, size)
CALL(ssize_t, send, EIO, (int fd, const void *buffer, size_t size, int flags), fd, buffer, size, flags)
CALL(ssize_t, recvmsg, EIO, (int fd, struct msghdr *message, int flags), fd, message, flags)
CALL(int, signalfd, EMFILE, (int fd, const sigset_t *mask, int flags), fd, mask, flags)
CALL(int, sigtimedwait, EAGAIN, (const sigset_t *mask, siginfo_t *info, const struct timespec *timeout),
     mask, info, timeout)
CALL(int, sigaction, ENOSYS, (int signal, const struct sigaction *new, struct sigaction *old), signal, new, old)
CALL(int, sigprocmask, ENOSYS, (int how, const sigset_t *new, sigset_t *old), how, new, old)
CALL(int, getrlimit, EIO, (__rlimit_resource_t which, struct rlimit *limit), which, limit)
CALL(int, setrlimit, EPERM, (__rlimit_resource_t which, const struct rlimit *limit), which, limit)
CALL(int, dup2, EMFILE, (int from, int to), from, to)
CALL(int, dup3, EMFILE, (int from, int to, int flags), from, to, flags)
CALL(int, close_range, EIO, (unsigned first, unsigned last, int flags), first, last, flags)
CALL(int, chdir, EIO, (const char *path), path)
CALL(pid_t, setsid, EPERM, (void))
CALL(int, sigpending, EFAULT, (sigset_t *set), set)
CALL(int, getpeername, ENOBUFS, (int fd, __SOCKADDR_ARG address, socklen_t *length), fd, address, length)
CALL(int, getsockopt, ENOBUFS, (int fd, int level, int option, void *value, socklen_t *length),
     fd, level, option, value, length)
CALL(int, tcgetattr, EIO, (int fd, struct termios *mode), fd, mode)
CALL(pid_t, tcgetpgrp, EIO, (int fd), fd)
CALL(pid_t, tcgetsid, EIO, (int fd), fd)
CALL(int, tcflush, EIO, (int fd, int queue), fd, queue)
CALL(int, execveat, ENOMEM,
     (int fd, const char *path, char *const arguments[], char *const environment[], int flags),
     fd, path, arguments, environment, flags)
CALL(int, prctl, EPERM, (int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d),
     option, a, b, c, d)

/* It returns 0. */
int isatty(int fd) {
    int (*real)(int);
    if (BREAKS("isatty")) return errno = EIO, 0;
    *(void **)&real = dlsym(RTLD_NEXT, "isatty");
    return real(fd);
}

FILE *fopen(const char *path, const char *mode) {
    FILE *(*real)(const char *, const char *);
    if (BREAKS("fopen")) return errno = EMFILE, NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    return real(path, mode);
}

/* With the mark that ferror(3) looks at (glibc's _IO_ERR_SEEN). */
char *fgets(char *line, int size, FILE *file) {
    char *(*real)(char *, int, FILE *);
    if (BREAKS("fgets")) return file->_flags |= 0x20, errno = EIO, NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "fgets");
    return real(line, size, file);
}

void *dlopen(const char *path, int flags) {
    void *(*real)(const char *, int);
    if (BREAKS("dlopen")) return NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
    return real(path, flags);
}

pid_t fork(void) {
    pid_t (*real)(void);
    if (BREAKS("fork")) return errno = EAGAIN, -1;
    *(void **)&real = dlsym(RTLD_NEXT, "fork");
    children++;
    pid_t pid = real();
    if (pid == 0) own_number = children, count = 0;
    if (pid > 0 && children == 1) first_child = pid;
    return pid;
}

/* Named by the child: the end of countersign-net, the second one, decides nothing. */
pid_t waitpid(pid_t pid, int *status, int options) {
    pid_t (*real)(pid_t, int *, int);
    if (BREAKS(pid == first_child ? "waitpid 1" : "waitpid 2")) return errno = EIO, -1;
    *(void **)&real = dlsym(RTLD_NEXT, "waitpid");
    return real(pid, status, options);
}

/* Named by the number of descriptors: a single one is a child that is to end. */
int poll(struct pollfd *fds, nfds_t n, int timeout) {
    int (*real)(struct pollfd *, nfds_t, int);
    if (BREAKS(n == 1 ? "poll 1" : "poll")) return errno = ENOMEM, -1;
    *(void **)&real = dlsym(RTLD_NEXT, "poll");
    return real(fds, n, timeout);
}

/* Setting a mask back never fails here, since nothing could undo that. */
int pthread_sigmask(int how, const sigset_t *new, sigset_t *old) {
    int (*real)(int, const sigset_t *, sigset_t *);
    if (old != NULL && BREAKS("pthread_sigmask")) return EINVAL;
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_sigmask");
    return real(how, new, old);
}

/* As in Linux, the descriptor is gone whatever is returned. */
int close(int fd) {
    int (*real)(int);
    int failed = BREAKS("close");
    *(void **)&real = dlsym(RTLD_NEXT, "close");
    int result = real(fd);
    return failed ? errno = EIO, -1 : result;
}

#define WITH_MODE(name, parameters, ...) \
    int name parameters { \
        int (*real)(); \
        char full[200]; \
        va_list more; \
        snprintf(full, sizeof full, #name " %s", path); \
        if (BREAKS(full)) return errno = ENFILE, -1; \
        va_start(more, flags); \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
        va_end(more); \
        *(void **)&real = dlsym(RTLD_NEXT, #name); \
        return real(__VA_ARGS__, mode); \
    }
WITH_MODE(open, (const char *path, int flags, ...), path, flags)
WITH_MODE(openat, (int folder, const char *path, int flags, ...), folder, path, flags)

int fcntl(int fd, int command, ...) {
    int (*real)(int, int, ...);
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (BREAKS("fcntl")) return errno = EMFILE, -1;
    *(void **)&real = dlsym(RTLD_NEXT, "fcntl");
    return real(fd, command, argument);
}

int pidfd_send_signal(int fd, int signal, siginfo_t *info, unsigned flags) {
    int (*real)(int, int, siginfo_t *, unsigned);
    if (BREAKS("pidfd_send_signal")) return errno = EPERM, -1;
    if (getenv("FAULTS_UNKILLABLE")) return 0;
    *(void **)&real = dlsym(RTLD_NEXT, "pidfd_send_signal");
    return real(fd, signal, info, flags);
}

int kill(pid_t pid, int signal) {
    int (*real)(pid_t, int);
    if (BREAKS("kill")) return errno = EPERM, -1;
    if (getenv("FAULTS_UNKILLABLE")) return 0;
    *(void **)&real = dlsym(RTLD_NEXT, "kill");
    return real(pid, signal);
}

/* Faults for a test, for LD_PRELOAD. The file that $FAULTS names contains the fault: "enospc" or "erofs" (files cannot
   be written), "stall" (no sync ends), "clock SECONDS" (the wall clock is that much off). Besides, no thread may raise
   its priority, as in a service, and the system log goes to standard error. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void read_fault(char *word, size_t size) {
    const char *path = getenv("FAULTS");
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    word[0] = 0;
    if (file < 0) return;
    ssize_t count = syscall(SYS_read, file, word, size - 1);
    word[count > 0 ? count : 0] = 0;
    syscall(SYS_close, file);
}

/* The error of a write to a file, or 0. */
static int fault_of(int file) {
    struct stat found;
    char word[64];
    if (fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) return 0;
    read_fault(word, sizeof word);
    return strncmp(word, "enospc", 6) == 0 ? ENOSPC : strncmp(word, "erofs", 5) == 0 ? EROFS : 0;
}

#define WRITE(name, parameters, values) \
    ssize_t name parameters { \
        static ssize_t(*next) parameters; \
        if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name); \
        int fault = fault_of(file); \
        if (fault) return errno = fault, -1; \
        return next values; \
    }
WRITE(write, (int file, const void *data, size_t size), (file, data, size))
WRITE(pwrite, (int file, const void *data, size_t size, off_t offset), (file, data, size, offset))
WRITE(pwrite64, (int file, const void *data, size_t size, off64_t offset), (file, data, size, offset))

static void stall(void) {
    char word[64];
    for (read_fault(word, sizeof word); strncmp(word, "stall", 5) == 0; read_fault(word, sizeof word)) usleep(10000);
}
int fdatasync(int file) { return stall(), (int)syscall(SYS_fdatasync, file); }
int fsync(int file) { return stall(), (int)syscall(SYS_fsync, file); }

int setpriority(__priority_which_t which, id_t who, int priority) {
    if (priority < 0) return errno = EACCES, -1;
    return (int)syscall(SYS_setpriority, which, who, priority);
}
void vsyslog(int priority, const char *format, va_list values) {
    char line[1024];
    int size = snprintf(line, sizeof line, "syslog %d: ", priority);
    size += vsnprintf(line + size, sizeof line - size - 1, format, values);
    if (size > (int)sizeof line - 2) size = sizeof line - 2;
    line[size++] = '\n';
    syscall(SYS_write, STDERR_FILENO, line, size);
}
void syslog(int priority, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsyslog(priority, format, values);
    va_end(values);
}

static long offset(void) {
    char word[64];
    read_fault(word, sizeof word);
    return strncmp(word, "clock ", 6) == 0 ? atol(word + 6) : 0;
}
int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset();
    return result;
}
time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}

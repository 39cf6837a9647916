#include "CSyscalls.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

int system_watch_signals(void) {
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &stops, NULL) != 0) return -errno;
    int fd = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

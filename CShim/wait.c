/* Waiting for countersign-login, with an ear for Ctrl-C. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "CSyscalls.h"

int64_t host_now(void) { return system_now(); }

int host_send(host *h, size_t length) {
    return length <= sizeof h->sent ? system_send(h->socket, h->sent, length) : -EMSGSIZE;
}

static int timeout(int64_t until) {
    int64_t left = until - system_now();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Takes a pending SIGINT or SIGQUIT of the mask: sudo keeps SIGINT blocked and would die of it after a right code. */
static int take(const sigset_t *mask) {
    struct timespec now = {0, 0};
    int taken = 0;
    while (sigtimedwait(mask, NULL, &now) > 0) taken = 1;
    return taken;
}

static int wait_blocked(host *h, const sigset_t *mask, int64_t until) {
    int result = -ETIMEDOUT;
    /* Only wakes us. */
    int wake = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (wake < 0) return -errno;
    struct pollfd watched[2] = {{h->socket, POLLIN, 0}, {wake, POLLIN, 0}};
    while (timeout(until) > 0) {
        int ready = poll(watched, 2, timeout(until));
        if (ready < 0 && errno != EINTR) { result = -errno; break; }
        if (take(mask)) { result = -EINTR; break; }
        if (ready > 0 && watched[0].revents) {
            result = system_receive(h->socket, h->received, sizeof h->received);
            if (result == -ECONNRESET) result = 0;
            if (result != -EAGAIN) break;
            result = -ETIMEDOUT;
        }
    }
    close(wake);
    return result;
}

int host_receive(host *h, int64_t until) {
    sigset_t mask, before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGQUIT);
    int error = pthread_sigmask(SIG_BLOCK, &mask, &before);
    if (error != 0) return -error;
    int result = wait_blocked(h, &mask, until);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* Waits for countersign-login while it watches for Ctrl-C, Enter and a user who has gone. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "CSyscalls.h"

/* How often a terminal is checked again while we are in its background: milliseconds. */
#define GLANCE 1000

int64_t host_now(void) { return system_now(); }

int host_send(host *h, size_t length) {
    return length <= sizeof h->sent ? system_send(h->socket, h->sent, length) : -EMSGSIZE;
}

/* Milliseconds until a time of system_now, for poll(2). */
static int timeout(int64_t until) {
    int64_t left = until - system_now();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* The signals that ask the login program to end. */
static const int endings[] = {SIGHUP, SIGTERM};

/* The signals that are taken during a wait: SIGINT, SIGQUIT, and SIGHUP and SIGTERM unless the login program ignores
   them. Returns 0 or -errno. */
static int signals_heard(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGQUIT);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct sigaction action;
        if (sigaction(endings[i], NULL, &action) != 0) return -errno;
        if (action.sa_handler != SIG_IGN) sigaddset(set, endings[i]);
    }
    return 0;
}

/* Takes the pending signals: sudo keeps SIGINT blocked, and one that stays pending would end it after a right code.
   Returns 0: none; -EINTR: Ctrl-C or Ctrl-\; -ENOTCONN: the login program is to end. */
static int take(host *h, const sigset_t *heard) {
    struct timespec now = {0, 0};
    int signal, result = 0;
    while ((signal = sigtimedwait(heard, NULL, &now)) > 0) {
        sigaddset(&h->taken, signal);
        if (result != -ENOTCONN) result = signal == SIGINT || signal == SIGQUIT ? -EINTR : -ENOTCONN;
    }
    return result;
}

/* host_receive, with the signals in `heard` blocked. */
static int wait_blocked(host *h, const sigset_t *heard, int64_t until) {
    int result = -ETIMEDOUT;
    /* Only wakes poll; `take` reads the signals. */
    int wake = signalfd(-1, heard, SFD_CLOEXEC | SFD_NONBLOCK);
    if (wake < 0) return -errno;
    while (timeout(until) > 0) {
        int hears = h->listens && presence_hears(h), left = timeout(until);
        struct pollfd watched[] = {
            {h->socket, POLLIN, 0}, {wake, POLLIN, 0}, {h->client, POLLRDHUP, 0}, {h->terminal, hears ? POLLIN : 0, 0}};
        int ready = poll(watched, 4, h->listens && !hears && left > GLANCE ? GLANCE : left);
        if (ready < 0 && errno != EINTR) { result = -errno; break; }
        int taken = take(h, heard);
        if (taken != 0) { result = taken; break; }
        if (ready <= 0) continue;
        if (watched[0].revents) {
            result = system_receive(h->socket, h->received, sizeof h->received);
            if (result == -ECONNRESET) result = 0;
            if (result != -EAGAIN) break;
            result = -ETIMEDOUT;
        }
        if (presence_is_lost(h, watched[2].revents, watched[3].revents)) {
            /* Report it once. */
            presence_close(h);
            result = -ENOTCONN;
            break;
        }
        if ((watched[3].revents & POLLIN) && presence_take_line(h)) {
            h->listens = 0;
            result = HOST_ENTER;
            break;
        }
    }
    close(wake);
    return result;
}

int host_receive(host *h, int64_t until) {
    sigset_t heard, mask, before;
    int error = signals_heard(&heard);
    if (error != 0) return error;
    mask = heard;
    /* If the terminal belongs to another job by now, reading it fails instead of stopping this process. */
    sigaddset(&mask, SIGTTIN);
    sigaddset(&mask, SIGTTOU);
    error = pthread_sigmask(SIG_BLOCK, &mask, &before);
    if (error != 0) return -error;
    int result = wait_blocked(h, &heard, until);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

int wait_is_interrupted(void) {
    sigset_t pending;
    return sigpending(&pending) != 0 || sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGQUIT) == 1;
}

/* Sends this process the SIGHUP and SIGTERM that were taken, so that they end it now. SIGINT and SIGQUIT are not sent
   again: the login program has our refusal, and its caller got the signal as well. */
void wait_give_back(host *h) {
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (sigismember(&h->taken, endings[i]) == 1) kill(getpid(), endings[i]);
}

/* Whether the user is still there while no prompt is open: watches sshd's client and the terminal, and hears Enter. */
#define _GNU_SOURCE
#include "shim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* Only descriptors below this are searched: sshd has few open when it calls PAM. */
#define DESCRIPTORS 256

/* Reads the client's address and port, the first two words of SSH_CONNECTION (ssh(1)). An IPv4 address is mapped to
   IPv6 (RFC 4291, section 2.5.5.2). Returns 1, or 0 if they cannot be read. */
static int parse_peer(const char *connection, struct in6_addr *address, in_port_t *port) {
    char text[INET6_ADDRSTRLEN], *end;
    struct in_addr four;
    /* Leave out the scope, as in fe80::1%eth0. */
    size_t length = strcspn(connection, " %"), all = strcspn(connection, " ");
    if (length >= sizeof text || connection[all] != ' ') return 0;
    memcpy(text, connection, length);
    text[length] = 0;
    unsigned long number = strtoul(connection + all, &end, 10);
    if (*end != ' ' || number == 0 || number > 65535) return 0;
    *port = (in_port_t)number;
    if (inet_pton(AF_INET6, text, address) == 1) return 1;
    if (inet_pton(AF_INET, text, &four) != 1) return 0;
    memset(address, 0, sizeof *address);
    memset(address->s6_addr + 10, 0xff, 2);
    memcpy(address->s6_addr + 12, &four, 4);
    return 1;
}

/* Whether a descriptor is a TCP socket connected to that address and port. */
static int is_connected_to(int fd, const struct in6_addr *address, in_port_t port) {
    struct sockaddr_storage peer;
    struct in6_addr six;
    socklen_t length = sizeof peer, size = sizeof(int);
    in_port_t its_port;
    int type = 0;
    if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return 0;
    if (peer.ss_family == AF_INET6) {
        six = ((const struct sockaddr_in6 *)&peer)->sin6_addr;
        its_port = ((const struct sockaddr_in6 *)&peer)->sin6_port;
    } else if (peer.ss_family == AF_INET) {
        memset(&six, 0, sizeof six);
        memset(six.s6_addr + 10, 0xff, 2);
        memcpy(six.s6_addr + 12, &((const struct sockaddr_in *)&peer)->sin_addr, 4);
        its_port = ((const struct sockaddr_in *)&peer)->sin_port;
    } else {
        return 0;
    }
    return type == SOCK_STREAM && ntohs(its_port) == port && memcmp(&six, address, sizeof six) == 0;
}

/* Finds sshd's connection to the client, which its PAM process has inherited. Returns the descriptor or -1. It is only
   watched: never read, changed or closed. */
static int find_client(host *h) {
    struct in6_addr address;
    in_port_t port;
    if (!parse_peer(items_connection(h), &address, &port)) return -1;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (is_connected_to(fd, &address, port)) return fd;
    return -1;
}

/* Whether sudo may read answers from standard input (-S, --stdin): 0 only if its arguments rule that out. */
static int may_read_stdin(void) {
    char text[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 1;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count <= 0) return 1;
    text[count] = 0;
    for (char *word = text; word < text + count; word += strlen(word) + 1) {
        if (strcmp(word, "--") == 0) return 0;
        if (word[0] == '-' && (word[1] == '-' ? strncmp(word, "--st", 4) == 0 : strchr(word, 'S') != NULL)) return 1;
    }
    return count == sizeof text - 1;
}

/* Whether prompts are answered at the controlling terminal. misc_conv(3) and sudo -S read standard input, which may be
   something else. */
static int is_answered_here(host *h) {
    const char *service = items_text(h, PAM_SERVICE);
    if (tcgetsid(STDIN_FILENO) == getsid(0)) return 1;
    return (strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0) && !may_read_stdin();
}

/* Opens the controlling terminal. Returns a descriptor above 2, as the login program may have closed 0 to 2; or -1. */
static int open_terminal(void) {
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -1;
    int terminal = isatty(fd) ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
    close(fd);
    return terminal;
}

void presence_open(host *h) {
    h->client = find_client(h);
    h->terminal = items_connection(h)[0] == 0 ? open_terminal() : -1;
    h->can_listen = presence_hears(h) && is_answered_here(h);
}

void presence_close(host *h) {
    if (h->listens) presence_drop_input(h);
    h->listens = 0;
    if (h->terminal >= 0) close(h->terminal);
    h->terminal = h->client = -1;
}

int presence_is_lost(const host *h, short of_client, short of_terminal) {
    return (h->client >= 0 && of_client != 0) || (h->terminal >= 0 && (of_terminal & (POLLHUP | POLLERR | POLLNVAL)));
}

/* Whether we are in the foreground of the terminal and it delivers whole lines. A program that reads single keys keeps
   the terminal to itself. */
int presence_hears(const host *h) {
    struct termios mode;
    if (h->terminal < 0 || tcgetpgrp(h->terminal) != getpgrp()) return 0;
    return tcgetattr(h->terminal, &mode) == 0 && (mode.c_lflag & ICANON) != 0;
}

/* Reads the line and drops it: the prompt asks again, and no shell may run it. Returns 1 if there was one. */
int presence_take_line(const host *h) {
    char line[4096];
    if (!presence_hears(h)) return 0;
    /* SIGTTIN is blocked: in the background read fails, and the process is not stopped. */
    ssize_t count = read(h->terminal, line, sizeof line);
    explicit_bzero(line, sizeof line);
    return count >= 0;
}

void presence_drop_input(const host *h) {
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    if (!presence_hears(h) || pthread_sigmask(SIG_BLOCK, &stop, &before) != 0) return;
    tcflush(h->terminal, TCIFLUSH);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void host_listen(host *h) {
    if (!h->can_listen) return;
    presence_drop_input(h);
    h->listens = 1;
}

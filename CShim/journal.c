/* The journal's own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): a line of the log, with its keys as fields
   beside it (docs/develop/adr/0070-fields-in-the-journal.md). */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SOCKET "/run/systemd/journal/socket"
/* Where /dev/log leads if syslog(3) writes to the journal too: then, and only then, nobody else reads it. */
#define DEV_LOG "/run/systemd/journal/dev-log"

/* The keys of a decision in the order of the line, and the fields that they become. */
static const struct {
    const char *key, *field;
} keys[] = {
    {"outcome=", "COUNTERSIGN_OUTCOME"}, {"reason=", "COUNTERSIGN_REASON"},   {"factor=", "COUNTERSIGN_FACTOR"},
    {"user=", "COUNTERSIGN_USER"},       {"uid=", "COUNTERSIGN_UID"},         {"service=", "COUNTERSIGN_SERVICE"},
    {"rhost=", "COUNTERSIGN_RHOST"},     {"detail=\"", "COUNTERSIGN_DETAIL"}, {"request=", "COUNTERSIGN_REQUEST"},
};
#define KEYS (sizeof keys / sizeof keys[0])

/* A datagram in parts: three for each field, and one more for the message's beginning. It points to its own heads, so
   it is never copied. */
typedef struct {
    struct iovec parts[3 * (KEYS + 2) + 2];
    size_t count;
    char heads[KEYS + 2][40];
    size_t fields;
} datagram;

static void put(datagram *d, const char *bytes, size_t length) {
    d->parts[d->count++] = (struct iovec){(void *)bytes, length};
}

/* Begins a field whose value has `length` bytes: in this form no byte of the value can end it. */
static void begin(datagram *d, const char *name, uint64_t length) {
    char *head = d->heads[d->fields++];
    size_t used = (size_t)snprintf(head, sizeof d->heads[0] - 8, "%s\n", name);
    for (int i = 0; i < 8; i++) head[used++] = (char)(length >> 8 * i);
    put(d, head, used);
}

static void put_field(datagram *d, const char *name, const char *value, size_t length) {
    begin(d, name, length);
    put(d, value, length);
    put(d, "\n", 1);
}

/* Adds the fields of a decision, up to the first key that is not where it belongs. Values hold no blank; that of detail
   ends with its quote. A value that stands for nothing becomes no field. */
static void put_decision(datagram *d, const char *text, size_t length) {
    const char *end = text + length;
    for (size_t i = 0; i < KEYS; i++) {
        size_t key = strlen(keys[i].key);
        if ((size_t)(end - text) < key || memcmp(text, keys[i].key, key) != 0) return;
        text += key;
        int is_quoted = keys[i].key[key - 1] == '"';
        const char *stop = memchr(text, is_quoted ? '"' : ' ', (size_t)(end - text));
        size_t size = (size_t)((stop ? stop : end) - text);
        if (size > 0 && !(size == 1 && *text == '-')) put_field(d, keys[i].field, text, size);
        if (!stop) return;
        text = stop + 1 + is_quoted;
        if (text > end) return;
    }
}

/* Sends it, as the effective user: by itself the kernel names the real one, who under sudo and su is the caller and can
   write to the journal as well (unix(7), SCM_CREDENTIALS). Returns 0 or -errno. */
static int send_datagram(int fd, datagram *d) {
    struct sockaddr_un journal = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    struct ucred sender = {.pid = getpid(), .uid = geteuid(), .gid = getegid()};
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr aligned;
    } control = {.bytes = {0}};
    struct msghdr message = {
        .msg_name = &journal,
        .msg_namelen = sizeof journal,
        .msg_iov = d->parts,
        .msg_iovlen = d->count,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    control.aligned.cmsg_level = SOL_SOCKET;
    control.aligned.cmsg_type = SCM_CREDENTIALS;
    control.aligned.cmsg_len = CMSG_LEN(sizeof sender);
    memcpy(CMSG_DATA(&control.aligned), &sender, sizeof sender);
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int journal_write(int priority, const char *prefix, const char *text, size_t length) {
    char target[sizeof DEV_LOG], fixed[96], program[64];
    ssize_t size = readlink("/dev/log", target, sizeof target);
    if (size != sizeof DEV_LOG - 1 || memcmp(target, DEV_LOG, sizeof DEV_LOG - 1) != 0) return -ENOENT;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    /* The caller of sudo or su chooses this name. */
    size_t named = 0;
    for (const char *c = program_invocation_short_name; *c && named < sizeof program; c++)
        program[named++] = (char)(*c > 0x20 && *c < 0x7f ? *c : '?');
    datagram d = {.count = 0, .fields = 0};
    int used = snprintf(fixed, sizeof fixed, "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_PID=%ld\n",
                        priority & LOG_PRIMASK, LOG_FAC(LOG_AUTHPRIV), (long)getpid());
    put(&d, fixed, (size_t)used);
    put_field(&d, "SYSLOG_IDENTIFIER", program, named);
    begin(&d, "MESSAGE", strlen(prefix) + length);
    put(&d, prefix, strlen(prefix));
    put(&d, text, length);
    put(&d, "\n", 1);
    put_decision(&d, text, length);
    int result = send_datagram(fd, &d);
    close(fd);
    return result;
}

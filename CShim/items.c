/* Who logs in, from where, to what: the fields of the hello frame (CFrames.h). */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <security/pam_ext.h>
#include <syslog.h>
#include <unistd.h>

#define LOOKUP_BUFFER 65536

/* Looks a user up with getpwnam_r(3) or getpwuid_r(3) and fills in `name`, `uid` and `gid`. Returns 1: found; 0: the
   system does not know the user; -errno: the lookup failed. */
static int lookup(int (*look)(const void *key, struct passwd *, char *, size_t, struct passwd **), const void *key,
                  char name[256], uid_t *uid, gid_t *gid) {
    struct passwd entry, *found = NULL;
    char *buffer = malloc(LOOKUP_BUFFER);
    if (buffer == NULL) return -ENOMEM;
    int error = look(key, &entry, buffer, LOOKUP_BUFFER, &found);
    int result = found != NULL ? 1 : error == 0 || error == ENOENT || error == ESRCH ? 0 : -error;
    if (result == 1 && (size_t)snprintf(name, 256, "%s", found->pw_name) >= 256) result = -ENAMETOOLONG;
    if (result == 1) *uid = found->pw_uid, *gid = found->pw_gid;
    free(buffer);
    return result;
}

static int by_name(const void *key, struct passwd *entry, char *buffer, size_t size, struct passwd **found) {
    return getpwnam_r(key, entry, buffer, size, found);
}

static int by_uid(const void *key, struct passwd *entry, char *buffer, size_t size, struct passwd **found) {
    return getpwuid_r(*(const uid_t *)key, entry, buffer, size, found);
}

/* Whether a name is safe in a path, a log line and a terminal: not empty, no control characters, no slash. */
static int is_plain(const char *name) {
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '/') return 0;
    return name[0] != 0;
}

/* Fills in typed, user, known, uid and gid. Returns 0, or -errno after a line in the log. */
static int read_user(host *h) {
    const char *typed = NULL;
    int result = pam_get_user(h->pamh, &typed, NULL);
    if (result != PAM_SUCCESS || typed == NULL) {
        log_failure(h, "no_user", "PAM names no user");
        return -ENOENT;
    }
    snprintf(h->typed, sizeof h->typed, "%s", typed);
    if (strlen(typed) < sizeof h->user && is_plain(typed)) {
        int found = lookup(by_name, typed, h->user, &h->uid, &h->gid);
        if (found < 0) {
            log_failure(h, "lookup_failed", "cannot look the user up: %s", strerror(-found));
            return found;
        }
        h->known = found;
    }
    if (!h->known) snprintf(h->user, sizeof h->user, "%s", typed[0] ? typed : "?");
    return 0;
}

int items_identity(host *h, const char *name, identity *as) {
    char canonical[256];
    int found = lookup(by_name, name, canonical, &as->uid, &as->gid);
    if (found == 1 && as->uid != 0 && as->gid != 0) return 0;
    log_failure(h, "no_system_user",
                "the system user %s is missing; create it with: "
                "useradd --system --user-group --no-create-home --shell /usr/sbin/nologin %s",
                name, name);
    return -ENOENT;
}

/* Fills in caller and caller_gid. Usually the caller is the user, who is looked up already. If the lookup fails, the
   caller stays unknown: only rules about callers need the name, and they deny without it. */
static int read_caller(host *h) {
    uid_t real = getuid(), uid;
    if (h->known && real == h->uid) {
        memcpy(h->caller, h->user, sizeof h->caller);
        h->caller_gid = h->gid;
        return 0;
    }
    int found = lookup(by_uid, &real, h->caller, &uid, &h->caller_gid);
    if (found != 1) h->caller[0] = 0;
    if (found == -ENOMEM) log_failure(h, "lookup_failed", "cannot look the caller up: %s", strerror(ENOMEM));
    return found == -ENOMEM ? found : 0;
}

int items_read(host *h) {
    int error = read_user(h);
    if (error == 0) error = read_caller(h);
    if (error != 0) return error;
    h->elevated = geteuid() == 0;
    return h->elevated ? items_identity(h, LOGIN_USER, &h->login_as) : 0;
}

int items_unchanged(host *h) {
    const void *now = NULL;
    char name[256];
    uid_t uid;
    gid_t gid;
    if (pam_get_item(h->pamh, PAM_USER, &now) == PAM_SUCCESS && now != NULL && h->known) {
        if (strcmp(now, h->typed) == 0) return 1;
        if (lookup(by_name, now, name, &uid, &gid) == 1 && uid == h->uid && strcmp(name, h->user) == 0) return 1;
    }
    log_failure(h, "user_changed", "PAM's user is not the one who was asked any more");
    return 0;
}

const char *items_text(host *h, int type) {
    const void *value = NULL;
    return pam_get_item(h->pamh, type, &value) == PAM_SUCCESS && value != NULL ? value : "";
}

static int comes_by_ssh(host *h) { return strcmp(items_text(h, PAM_TTY), "ssh") == 0; }

/* A variable of PAM's environment that sshd sets itself; "" unless sshd calls, since others could have set it. */
static const char *word_of_sshd(host *h, const char *name) {
    const char *value = comes_by_ssh(h) ? pam_getenv(h->pamh, name) : NULL;
    return value != NULL ? value : "";
}

const char *items_connection(host *h) { return word_of_sshd(h, "SSH_CONNECTION"); }

/* SUDO_COMMAND; "" unless sudo calls. sudo answers getenv(3) from the environment that it has built, not from the
   caller's. */
static const char *command(host *h) {
    const char *service = items_text(h, PAM_SERVICE);
    const char *value = strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0 ? getenv("SUDO_COMMAND") : NULL;
    return value != NULL ? value : "";
}

/* When this process started, in clock ticks since boot (proc(5), stat, field 22); 0 if /proc is missing. Returns 0 or
   -errno. */
static int start_time(unsigned long long *ticks) {
    char text[1024];
    *ticks = 0;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : -errno;
    ssize_t count = read(fd, text, sizeof text - 1);
    int error = count < 0 ? -errno : 0;
    close(fd);
    if (error != 0) return error;
    text[count] = 0;
    char *rest = strrchr(text, ')');
    /* Field 3, the state, follows the name in parentheses; the name may contain blanks and parentheses. */
    for (int field = 3; rest != NULL && field <= 22; field++) {
        rest = strchr(rest, ' ');
        if (rest != NULL) rest++;
    }
    if (rest == NULL) return -EINVAL;
    *ticks = strtoull(rest, NULL, 10);
    return 0;
}

/* FIELD_ATTEMPT. Returns its length or -errno. */
static int attempt(host *h, char *text, size_t capacity) {
    const char *from = items_connection(h);
    /* Each connection of sshd is a session of its own; its authentication methods run in different processes. */
    if (from[0]) return snprintf(text, capacity, "ssh %.120s %ld", from, (long)getsid(0));
    unsigned long long started;
    int error = start_time(&started);
    if (error != 0) return error;
    return snprintf(text, capacity, "process %ld %llu %ld", (long)getpid(), started, h->known ? (long)h->uid : -1);
}

/* Copies a text without its NUL, cut at `capacity`. Returns its length. */
static int copy(const char *text, uint8_t *buffer, size_t capacity) {
    size_t length = strnlen(text, capacity);
    memcpy(buffer, text, length);
    return (int)length;
}

static int copy_number(unsigned long number, uint8_t *buffer, size_t capacity) {
    return snprintf((char *)buffer, capacity, "%lu", number);
}

static int host_name(uint8_t *buffer, size_t capacity) {
    if (gethostname((char *)buffer, capacity < 256 ? capacity : 256) != 0) return -errno;
    return (int)strnlen((char *)buffer, capacity < 256 ? capacity : 256);
}

int host_field(host *h, int field, uint8_t *buffer, size_t capacity) {
    /* Values that others chose are cut, so that the whole hello fits into a frame. */
    size_t some = capacity < 512 ? capacity : 512;
    switch (field) {
    case FIELD_USER: return copy(h->user, buffer, some);
    case FIELD_UID: return h->known ? copy_number(h->uid, buffer, capacity) : 0;
    case FIELD_CALLER: return copy(h->caller, buffer, some);
    case FIELD_CALLER_UID: return copy_number(getuid(), buffer, capacity);
    case FIELD_SERVICE: return copy(items_text(h, PAM_SERVICE), buffer, some);
    case FIELD_RUSER: return copy(items_text(h, PAM_RUSER), buffer, some);
    case FIELD_RHOST: return copy(items_text(h, PAM_RHOST), buffer, some);
    case FIELD_TTY: return copy(items_text(h, PAM_TTY), buffer, some);
    case FIELD_CONNECTION: return copy(items_connection(h), buffer, some);
    case FIELD_AUTH_INFO:
        return copy(word_of_sshd(h, "SSH_AUTH_INFO_0"), buffer,
                    capacity < FIELD_AUTH_INFO_MAX ? capacity : FIELD_AUTH_INFO_MAX);
    case FIELD_COMMAND: return copy(command(h), buffer, some);
    case FIELD_HOST: return host_name(buffer, some);
    case FIELD_ATTEMPT: return attempt(h, (char *)buffer, some);
    case FIELD_ELEVATED: return h->elevated ? copy("1", buffer, capacity) : 0;
    case FIELD_CONFIG: return strlen(h->config) < some ? copy(h->config, buffer, some) : -ENAMETOOLONG;
    case FIELD_DEBUG: return h->debug ? copy("1", buffer, capacity) : 0;
    case FIELD_TERMINAL: return h->can_listen ? copy("1", buffer, capacity) : 0;
    case FIELD_HELPERS_GROUP: return h->elevated ? copy_number(h->login_as.gid, buffer, capacity) : 0;
    default: return 0;
    }
}

/* Looks the groups up and logs a source that fails, once for each lookup: a restriction may apply because of it. */
static void find_groups(host *h, int caller) {
    const char *user = caller ? h->caller : h->user;
    groups_forget(&h->groups);
    groups_find(user, caller ? h->caller_gid : h->gid, &h->groups);
    h->groups_of = caller ? GROUPS_OF_CALLER : GROUPS_OF_USER;
    if (h->groups.doubt != 0)
        log_note(h, "the groups of %s are not certain: %s%s in /etc/nsswitch.conf: %s", user,
                 h->groups.source[0] ? "source " : "the line of groups", h->groups.source, strerror(-h->groups.doubt));
}

int host_in_group(host *h, int caller, const uint8_t *name, size_t length) {
    char text[256];
    if ((caller ? h->caller[0] : h->known) == 0) return -ESRCH;
    if (length == 0 || length >= sizeof text || memchr(name, 0, length) != NULL) return -ENAMETOOLONG;
    memcpy(text, name, length);
    text[length] = 0;
    if (h->groups_of != (caller ? GROUPS_OF_CALLER : GROUPS_OF_USER)) find_groups(h, caller);
    return groups_have(&h->groups, text);
}

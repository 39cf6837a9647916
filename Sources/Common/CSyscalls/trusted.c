#define _GNU_SOURCE
#include "CSyscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether only root and the owner could have put another file into the folder. */
static int folder_is_safe(const struct stat *s, system_trust trust) {
    if (s->st_uid != 0 && s->st_uid != trust.owner) return 0;
    if ((s->st_mode & 022) == 0) return 1;
    return trust.owner != 0 && s->st_uid == 0 && (s->st_mode & S_ISVTX);
}

static int file_is_safe(const struct stat *s, system_trust trust) {
    if (s->st_uid != 0 && s->st_uid != trust.owner) return 0;
    if (s->st_mode & 022) return 0;
    if (trust.public_file) return 1;
    if (s->st_mode & 0137) return 0;
    return (s->st_mode & 040) == 0 || s->st_gid == 0 || s->st_gid == trust.group;
}

static int open_last(int above, const char *name, system_trust trust, int folder) {
    struct stat s;
    /* O_NONBLOCK: do not wait for the writer of a FIFO. */
    int how = folder ? O_PATH | O_DIRECTORY : trust.public_file ? O_PATH : O_RDONLY | O_NONBLOCK;
    int fd = openat(above, name, how | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return -errno;
    int error = 0;
    if (fstat(fd, &s) != 0) error = -errno;
    else if (folder) error = folder_is_safe(&s, trust) ? 0 : SYSTEM_UNSAFE_FOLDER;
    else if (!S_ISREG(s.st_mode)) error = S_ISLNK(s.st_mode) ? -ELOOP : -EINVAL;
    else if (!file_is_safe(&s, trust)) error = SYSTEM_UNSAFE_FILE;
    if (error == 0) return fd;
    close(fd);
    return error;
}

static int step_down(int above, const char *name, system_trust trust) {
    struct stat s;
    int fd = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOTDIR ? -ELOOP : -errno;
    int error = fstat(fd, &s) != 0 ? -errno : folder_is_safe(&s, trust) ? 0 : SYSTEM_UNSAFE_FOLDER;
    if (error == 0) return fd;
    close(fd);
    return error;
}

int system_open_trusted(const char *path, system_trust trust, int folder, size_t *part) {
    *part = 0;
    if (path[0] != '/' || strlen(path) >= PATH_MAX) return -ELOOP;
    int above = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (above < 0) return -errno;
    const char *rest = path;
    for (;;) {
        char name[NAME_MAX + 1];
        while (*rest == '/') rest++;
        size_t length = strcspn(rest, "/");
        *part = (size_t)(rest - path) + length;
        if (length == 0 || length > NAME_MAX || strncmp(rest, "..", length > 2 ? length : 2) == 0) break;
        memcpy(name, rest, length);
        name[length] = 0;
        rest += length;
        int last = rest[strspn(rest, "/")] == 0;
        int next = last ? open_last(above, name, trust, folder) : step_down(above, name, trust);
        close(above);
        if (last || next < 0) return next;
        above = next;
    }
    close(above);
    return -ELOOP;
}

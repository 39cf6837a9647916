#include "CSyscalls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/* The kernel's limit of one value, and of the list of names. */
#define LONGEST 65536

/* The kernel signs these for one file; they cannot go with a copy. */
static int is_signature(const char *name) {
    return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

int system_copy_attributes(const char *path, int file) {
    char *memory = malloc(2 * LONGEST);
    if (memory == NULL) return -ENOMEM;
    char *names = memory, *value = memory + LONGEST;
    int result = 0;
    ssize_t length = llistxattr(path, names, LONGEST);
    if (length < 0 && errno != ENOTSUP) result = -errno;
    for (ssize_t at = 0; at < length && result == 0; at += (ssize_t)strlen(names + at) + 1) {
        if (is_signature(names + at)) continue;
        ssize_t size = lgetxattr(path, names + at, value, LONGEST);
        if (size < 0 || fsetxattr(file, names + at, value, (size_t)size, 0) != 0) result = -errno;
    }
    free(memory);
    return result;
}

/* The files of the phone's page, built into the program. */
#ifndef PHONE_PAGES_H
#define PHONE_PAGES_H

#include <stddef.h>

#pragma clang assume_nonnull begin

typedef struct {
    /* The path below `/phone/`, such as "main.js"; the page itself is "index.html". NUL-terminated ASCII. */
    const char *name;
    /* The value of Content-Type. NUL-terminated ASCII. */
    const char *type;
    /* `size` bytes without a final NUL, valid as long as the program runs. */
    const unsigned char *bytes;
    size_t size;
} phone_page;

/* `phone_pages_count` pages with unique names. */
extern const phone_page *const phone_pages_table;
extern const size_t phone_pages_count;

#pragma clang assume_nonnull end
#endif

/*
 * The files of the phone's page, as they were when the program was built.
 */
#ifndef PHONE_PAGES_H
#define PHONE_PAGES_H

#include <stddef.h>

#pragma clang assume_nonnull begin

typedef struct {
    /* Behind `/phone/`, such as "main.js"; the page itself is "index.html". ASCII, ends with NUL. */
    const char *name;
    /* For Content-Type. ASCII, ends with NUL. */
    const char *type;
    /* `size` bytes, with no NUL at the end. They live as long as the program. */
    const unsigned char *bytes;
    size_t size;
} phone_page;

/* `phone_pages_count` of them; no name comes twice. */
extern const phone_page *const phone_pages_table;
extern const size_t phone_pages_count;

#pragma clang assume_nonnull end
#endif

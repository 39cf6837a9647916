// The files of the phone's page, as they were when this was compiled.
#ifndef PHONE_PAGES_H
#define PHONE_PAGES_H

#include <stddef.h>

struct phone_page {
    // As it stands in the URL behind /phone/.
    const char *_Nonnull name;
    // For Content-Type.
    const char *_Nonnull type;
    const unsigned char *_Nonnull bytes;
    size_t size;
};

// The first of them; how many there are goes to `count`.
const struct phone_page *_Nonnull phone_pages(size_t *_Nonnull count);

#endif

#include "PhonePages.h"

static const struct phone_page table[] = {{"", "", (const unsigned char *)"", 0}};

const struct phone_page *phone_pages(size_t *count) {
    *count = sizeof table / sizeof *table;
    return table;
}

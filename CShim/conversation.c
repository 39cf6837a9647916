/* What the person sees and types. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>

void host_wipe(uint8_t *buffer, size_t length) { explicit_bzero(buffer, length); }

/* PAM_SILENT is disregarded: sudo always sets it, and what we show is needed in order to log in. */
int host_tell(host *h, const uint8_t *text, size_t length) {
    char *response = NULL;
    int result = pam_prompt(h->pamh, PAM_TEXT_INFO, &response, "%.*s", (int)length, (const char *)text);
    free(response);
    return result == PAM_SUCCESS ? 0 : -EIO;
}

int host_ask(host *h, const uint8_t *text, size_t length, uint8_t *buffer, size_t capacity) {
    char *response = NULL;
    int result = pam_prompt(h->pamh, PAM_PROMPT_ECHO_ON, &response, "%.*s", (int)length, (const char *)text);
    /* Success with a null reply is a failure. */
    int count = -ENODATA;
    if (response != NULL) {
        size_t all = strlen(response);
        if (result == PAM_SUCCESS) {
            count = (int)(all < capacity ? all : capacity);
            memcpy(buffer, response, (size_t)count);
        }
        explicit_bzero(response, all);
        free(response);
    }
    return count;
}

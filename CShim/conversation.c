/* What the person sees and types. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void host_wipe(uint8_t *buffer, size_t length) { explicit_bzero(buffer, length); }

/*
 * One message to the login program's conversation; `reply` receives what came back, to be wiped and freed.
 * pam_prompt(3) would allocate memory to format what is formatted already. PAM_SILENT is disregarded: sudo always sets
 * it, and what we show is needed in order to log in.
 */
static int converse(host *h, int style, size_t length, char **reply) {
    const void *item = NULL;
    struct pam_response *response = NULL;
    *reply = NULL;
    h->text[length < FRAME_MAX ? length : FRAME_MAX] = 0;
    if (pam_get_item(h->pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL) return PAM_CONV_ERR;
    const struct pam_conv *conversation = item;
    if (conversation->conv == NULL) return PAM_CONV_ERR;
    struct pam_message message = {.msg_style = style, .msg = h->text};
    const struct pam_message *messages = &message;
    int result = conversation->conv(1, &messages, &response, conversation->appdata_ptr);
    if (response != NULL) *reply = response->resp;
    free(response);
    return result;
}

/* PAM_ERROR_MSG, never PAM_TEXT_INFO: sudo without a terminal or with -S, and misc_conv(3) always, write the latter to
   standard output, into the data of whatever command is run. sshd treats the two alike. */
int host_tell(host *h, size_t length) {
    char *reply = NULL;
    int result = converse(h, PAM_ERROR_MSG, length, &reply);
    free(reply);
    return result == PAM_SUCCESS ? 0 : result == PAM_BUF_ERR ? -ENOMEM : -EIO;
}

int host_ask(host *h, size_t length) {
    char *reply = NULL;
    h->listens = 0;
    /* Kept for later by the login program, as sudo does: what is asked now would wait for an answer that nobody wants
       to give. */
    if (wait_is_interrupted()) return -EINTR;
    int result = converse(h, PAM_PROMPT_ECHO_ON, length, &reply);
    /* Success with a null reply is a failure. */
    if (reply == NULL) return -ENODATA;
    int count = -ENODATA;
    size_t all = strlen(reply);
    if (result == PAM_SUCCESS) {
        count = (int)(all < sizeof h->answer ? all : sizeof h->answer);
        memcpy(h->answer, reply, (size_t)count);
    }
    explicit_bzero(reply, all);
    free(reply);
    return count;
}

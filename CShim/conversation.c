/* What the user sees and types: PAM's conversation (pam_conv(3)). */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void host_wipe(uint8_t *buffer, size_t length) { explicit_bzero(buffer, length); }

/*
 * Sends the first `length` bytes of h->text as one message to the login program's conversation. `reply` receives what
 * came back, or NULL; the caller wipes and frees it. Returns a PAM code.
 *
 * Not pam_prompt(3): it allocates memory to format the text. PAM_SILENT is ignored: sudo always sets it, and nobody can
 * log in without seeing the text.
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

/* PAM_ERROR_MSG, never PAM_TEXT_INFO: sudo without a terminal or with -S, and misc_conv(3) always, write PAM_TEXT_INFO
   to standard output, where it mixes with the output of the command. sshd treats the two alike. */
int host_tell(host *h, size_t length) {
    char *reply = NULL;
    int result = converse(h, PAM_ERROR_MSG, length, &reply);
    free(reply);
    return result == PAM_SUCCESS ? 0 : result == PAM_BUF_ERR ? -ENOMEM : -EIO;
}

int host_ask(host *h, size_t length) {
    char *reply = NULL;
    h->listens = 0;
    /* sudo keeps the signal blocked: the prompt would wait for an answer although the user has pressed Ctrl-C. */
    if (wait_is_interrupted()) return -EINTR;
    int result = converse(h, PAM_PROMPT_ECHO_ON, length, &reply);
    /* A conversation may report success with a null reply: that is no answer. */
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

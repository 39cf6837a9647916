/* The module's two entry points (pam_sm_authenticate(3), pam_sm_setcred(3)) and its arguments in pam.d. */
#define _GNU_SOURCE
#include "shim.h"

#include <string.h>

/* Implemented in PAMRelay: relays between the login program and countersign-login. Returns OUTCOME_*, or 0 if
   countersign-login ended without a verdict. */
int relay_run(host *h);

/* Points `value` into `argument` behind `name`, if it begins with that and an absolute path follows. Returns 1 or 0. */
static int path_argument(const char *argument, const char *name, const char **value) {
    size_t length = strlen(name);
    if (strncmp(argument, name, length) != 0 || argument[length] != '/') return 0;
    *value = argument + length;
    return 1;
}

/* Reads the arguments in pam.d. Returns 1, or 0 after a line in the log. */
static int read_arguments(host *h, int argc, const char **argv) {
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "debug") == 0) h->debug = 1;
        else if (!path_argument(argv[i], "config=", &h->config) && !path_argument(argv[i], "helpers=", &h->helpers)) {
            log_failure(h, "bad_argument", "%.100s in pam.d is none of config=/PATH, helpers=/DIR, debug", argv[i]);
            return 0;
        }
    }
    return 1;
}

host_buffer host_received(host *h) { return (host_buffer){h->received, sizeof h->received}; }
host_buffer host_sent(host *h) { return (host_buffer){h->sent, sizeof h->sent}; }
/* One byte is reserved for the NUL. */
host_buffer host_text(host *h) { return (host_buffer){(uint8_t *)h->text, sizeof h->text - 1}; }
host_buffer host_answer(host *h) { return (host_buffer){h->answer, sizeof h->answer}; }

/* Runs the login. Returns OUTCOME_*. A yes counts only if countersign-login then exits with 0. */
static int decide(host *h, int argc, const char **argv) {
    if (!read_arguments(h, argc, argv) || items_read(h) != 0) return OUTCOME_UNAVAILABLE;
    presence_open(h);
    int outcome = relay_run(h);
    int status = start_finish(h);
    presence_close(h);
    int says_yes = outcome == OUTCOME_APPROVED || outcome == OUTCOME_EXCUSED;
    if (outcome != 0 && !says_yes) return outcome;
    if (outcome == 0 || status != 0) {
        log_failure(h, "helper_failed", "countersign-login %s (wait status 0x%x%s)",
                    says_yes ? "said yes and then failed" : "ended without a verdict", status,
                    status == 0x7e00   ? ": it could not be given its rights"
                    : status == 0x7f00 ? ": it cannot be executed"
                                       : "");
        return OUTCOME_UNAVAILABLE;
    }
    return items_unchanged(h) ? outcome : OUTCOME_UNAVAILABLE;
}

/* The PAM code of a refusal. sudo runs the whole stack again after any other code than PAM_ABORT. */
static int refusal(host *h) {
    const char *service = items_text(h, PAM_SERVICE);
    return strcmp(service, "sudo") == 0 || strcmp(service, "sudo-i") == 0 ? PAM_ABORT : PAM_AUTH_ERR;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)flags;
    host h = {
        .pamh = pamh,
        .config = DEFAULT_CONFIG,
        .helpers = DEFAULT_HELPERS,
        .socket = -1,
        .net_end = -1,
        .login = {-1, -1},
        .net = {-1, -1},
        .client = -1,
        .terminal = -1,
    };
    int outcome = decide(&h, argc, argv);
    groups_forget(&h.groups);
    explicit_bzero(h.received, sizeof h.received);
    explicit_bzero(h.text, sizeof h.text);
    wait_give_back(&h);
    switch (outcome) {
    case OUTCOME_APPROVED: return PAM_SUCCESS;
    case OUTCOME_EXCUSED: return PAM_SUCCESS;
    default: return refusal(&h);
    }
}

/* Not PAM_IGNORE: if this is the only module of the auth stack, sshd would refuse the login after all. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}

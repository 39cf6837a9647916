/* The system log. */
#define _GNU_SOURCE
#include "shim.h"

#include <security/pam_ext.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* A value of a log line: nothing in it can end it or begin another. */
static const char *token(const char *text, char out[128]) {
    size_t i = 0;
    for (; text[i] && i < 127; i++) {
        unsigned char c = (unsigned char)text[i];
        out[i] = (char)(c > 0x20 && c < 0x7f && c != '"' && c != '=' ? c : '?');
    }
    out[i] = 0;
    return i ? out : "-";
}

void log_failure(host *h, const char *reason, const char *format, ...) {
    char detail[512], user[128], uid[24] = "-", service[128], rhost[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    for (char *c = detail; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e || *c == '"') *c = '?';
    if (h->known) snprintf(uid, sizeof uid, "%lu", (unsigned long)h->uid);
    pam_syslog(h->pamh, LOG_ERR, "outcome=unavailable reason=%s factor=- user=%s uid=%s service=%s rhost=%s detail=\"%s\"", reason,
               token(h->user, user), uid, token(items_text(h, PAM_SERVICE), service), token(items_text(h, PAM_RHOST), rhost), detail);
}

void host_fail(host *h, const char *reason, const char *detail) { log_failure(h, reason, "%s", detail); }

void host_log(host *h, int priority, const uint8_t *text, size_t length) {
    if (priority == LOG_DEBUG && !h->debug) return;
    pam_syslog(h->pamh, priority, "%.*s", (int)length, (const char *)text);
}

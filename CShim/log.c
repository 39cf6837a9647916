/* The system log: the journal with its fields, or syslog(3). */
#define _GNU_SOURCE
#include "shim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* A value of a log line, at most 127 bytes: blanks, quotes, "=" and all that is not printable ASCII become "?", so that
   no value can end early or imitate another. Returns `out`, or "-" if the text is empty. */
static const char *token(const char *text, char out[128]) {
    size_t i = 0;
    for (; text[i] && i < 127; i++) {
        unsigned char c = (unsigned char)text[i];
        out[i] = (char)(c > 0x20 && c < 0x7f && c != '"' && c != '=' ? c : '?');
    }
    out[i] = 0;
    return i ? out : "-";
}

/* Writes a line in the form of pam_syslog(3), which itself allocates memory and would lose the line without it. */
static void write_line(host *h, int priority, const char *text, int length) {
    char service[128], prefix[160];
    snprintf(prefix, sizeof prefix, "pam_countersign(%s:auth): ", token(items_text(h, PAM_SERVICE), service));
    if (journal_write(priority, prefix, text, (size_t)length) == 0) return;
    syslog(LOG_AUTHPRIV | priority, "%s%.*s", prefix, length, text);
}

void log_failure(host *h, const char *reason, const char *format, ...) {
    char line[1200], detail[512], user[128], uid[24] = "-", service[128], rhost[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    for (char *c = detail; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e || *c == '"') *c = '?';
    if (h->known) snprintf(uid, sizeof uid, "%lu", (unsigned long)h->uid);
    int length = snprintf(line, sizeof line,
                          "outcome=unavailable reason=%s factor=- user=%s uid=%s service=%s rhost=%s "
                          "detail=\"%s\" request=-",
                          reason, token(h->user, user), uid, token(items_text(h, PAM_SERVICE), service),
                          token(items_text(h, PAM_RHOST), rhost), detail);
    write_line(h, LOG_ERR, line, length < (int)sizeof line ? length : (int)sizeof line - 1);
}

void log_note(host *h, const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    write_line(h, LOG_ERR, line, length < (int)sizeof line ? length : (int)sizeof line - 1);
}

void host_fail(host *h, const char *reason, const char *detail) { log_failure(h, reason, "%s", detail); }

void host_log(host *h, int priority, size_t length) {
    if (priority == LOG_DEBUG && !h->debug) return;
    write_line(h, priority, h->text, (int)(length < FRAME_MAX ? length : FRAME_MAX));
}

/* A countersign-login that misbehaves, in the way that BEHAVIOUR names. It speaks frames as CFrames.h has them. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CFrames.h"

enum {
    yes, yes_then_abort, yes_then_exit_1, yes_and_stay, yes_twice, no_verdict, exit_at_once, hang, hang_after_ready,
    flood, wrong_version, cut_frame, long_frame, unknown_verdict, ask_too_early, start_net_twice, ready_twice,
    long_deadline, unknown_frame, rude_text, group_flood, too_many_groups, all_of_it, yes_and_terminate
};

static void send_frame(int kind, int field, const char *value) {
    unsigned char frame[70000] = {FRAME_VERSION, (unsigned char)kind};
    size_t length = 2;
    if (field) {
        size_t count = strlen(value);
        frame[2] = (unsigned char)field, frame[3] = count & 0xff, frame[4] = (unsigned char)(count >> 8);
        memcpy(frame + 5, value, count);
        length = 5 + count;
    }
    send(3, frame, length, MSG_NOSIGNAL);
}

static void raw(const void *bytes, size_t length) { send(3, bytes, length, MSG_NOSIGNAL); }
static void approve(void) { send_frame(KIND_VERDICT, FIELD_OUTCOME, "1"); }
/* Whether the next frame of the module is of this kind and contains that field. */
static int comes(int kind, int field, const char *value) {
    unsigned char frame[FRAME_MAX];
    size_t count = strlen(value);
    if (field == 0) return recv(3, frame, sizeof frame, 0) == 2 && frame[1] == kind;
    if (recv(3, frame, sizeof frame, 0) != (ssize_t)(5 + count)) return 0;
    return frame[1] == kind && frame[2] == field && memcmp(frame + 5, value, count) == 0;
}
static void ready(const char *seconds) { send_frame(KIND_READY, FIELD_SECONDS, seconds); }

int main(void) {
    unsigned char hello[FRAME_MAX];
    static char big[60000];
    if (BEHAVIOUR != exit_at_once) recv(3, hello, sizeof hello, 0);
    memset(big, 'x', sizeof big - 1);
    switch (BEHAVIOUR) {
    case exit_at_once: return 0;
    case yes: approve(); return 0;
    case yes_then_abort: approve(); abort();
    case yes_then_exit_1: approve(); return 1;
    case yes_and_terminate: approve(); kill(getppid(), SIGTERM); return 0;
    case yes_and_stay: approve(); for (;;) pause();
    case yes_twice: approve(); approve(); return 0;
    case no_verdict: ready("10"); return 0;
    case hang: for (;;) pause();
    case hang_after_ready: ready("1"); for (;;) pause();
    case flood: ready("60"); for (;;) send_frame(KIND_TELL, FIELD_TEXT, "more");
    case wrong_version: raw("\x02\x16\x24\x01\x00\x31", 6); return 0;
    case cut_frame: raw("\x01\x16\x24\x09\x00\x31", 6); return 0;
    case long_frame: send_frame(KIND_TELL, FIELD_TEXT, big); return 0;
    case unknown_verdict: send_frame(KIND_VERDICT, FIELD_OUTCOME, "9"); return 0;
    case ask_too_early: send_frame(KIND_ASK, FIELD_TEXT, "Code: "); approve(); return 0;
    case start_net_twice:
        ready("10"); send_frame(KIND_START_NET, 0, ""); send_frame(KIND_START_NET, 0, ""); approve(); return 0;
    case ready_twice: ready("10"); ready("10"); approve(); return 0;
    case long_deadline: ready("601"); approve(); return 0;
    case unknown_frame: ready("10"); send_frame(99, 0, ""); approve(); return 0;
    case group_flood:
        ready("1");
        for (;;) {
            unsigned char frame[FRAME_MAX] = {FRAME_VERSION, KIND_MATCH_GROUPS}, answer[FRAME_MAX];
            size_t length = 2;
            while (length + 5 <= sizeof frame)
                frame[length++] = FIELD_NAME, frame[length++] = 2, frame[length++] = 0, frame[length++] = 'a',
                frame[length++] = 'b';
            if (send(3, frame, length, MSG_NOSIGNAL) < 0 || recv(3, answer, sizeof answer, 0) <= 0) return 0;
        }
    case too_many_groups: {
        /* The caller's field must not count for any group that is looked up, and groups beyond the limit must be
           reported as unsure; otherwise the login is denied. */
        unsigned char frame[FRAME_MAX] = {FRAME_VERSION, KIND_MATCH_GROUPS, FIELD_CALLER, 1, 0, '1'}, answer[FRAME_MAX];
        size_t length = 6;
        ready("10");
        for (int count = 0; count < FRAME_GROUPS_MAX + 3; count++) {
            frame[length++] = FIELD_NAME, frame[length++] = 2, frame[length++] = 0, frame[length++] = 'a',
            frame[length++] = 'b';
        }
        send(3, frame, length, MSG_NOSIGNAL);
        static const unsigned char unsure[] = {FIELD_UNSURE, 2, 0, 'a', 'b', FIELD_UNSURE, 2, 0, 'a', 'b',
            FIELD_UNSURE, 2, 0, 'a', 'b'};
        if (recv(3, answer, sizeof answer, 0) == 2 + sizeof unsure && !memcmp(answer + 2, unsure, sizeof unsure))
            approve();
        return 0;
    }
    case all_of_it: {
        /* All requests that the module knows, and a yes if all were done. countersign-net is fake_net.c. */
        char net[4];
        send_frame(KIND_LOG, FIELD_TEXT, "begun"), ready("10"), send_frame(KIND_LISTEN, 0, "");
        send_frame(KIND_MATCH_GROUPS, FIELD_NAME, "root");
        /* Not a member, and nothing is unsure: every source was asked to its end. */
        if (!comes(KIND_GROUPS, 0, "")) return 1;
        send_frame(KIND_START_NET, 0, "");
        if (recv(4, net, sizeof net, 0) != 1) return 1;
        send_frame(KIND_TELL, FIELD_TEXT, "hello"), send_frame(KIND_ASK, FIELD_TEXT, "Code: ");
        if (!comes(KIND_ANSWER, FIELD_TEXT, "123456")) return 1;
        approve();
        return 0;
    }
    case rude_text:
        ready("10"); send_frame(KIND_TELL, FIELD_TEXT, "\x1b[2Jhi\x07 \xc3\xa9");
        /* U+009B, two halves of a letter, U+002F made too long, U+202E, U+1F600, U+00AD, U+0308, U+052F, U+0530. */
        send_frame(KIND_TELL, FIELD_TEXT, "a\xc2\x9b" "b\xc3" "c\xc3\xc3\xa9\xa9" "d\xc0\xaf" "e\xe2\x80\xae" "f"
            "\xf0\x9f\x98\x80" "g\xc2\xad" "h\xcc\x88" "i\xd4\xaf" "j\xd4\xb0" "k\xc3");
        send_frame(KIND_LOG, FIELD_TEXT, "a\nb\x1b\xc3\xa9"); approve(); return 0;
    }
    return 0;
}

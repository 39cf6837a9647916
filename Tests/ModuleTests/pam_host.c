/*
 * A login program for tests: one PAM transaction through pam_start_confdir, from any user.
 *
 *   pam_host OUT IN CONFDIR SERVICE USER [setting ...]
 *
 * What happens is written to the descriptor OUT as lines "ask TEXT", "tell TEXT" (PAM_ERROR_MSG; "tell-on-stdout" for
 * PAM_TEXT_INFO), "log PRIORITY TEXT", "result N"; after each "ask" one line is read from the descriptor IN: "answer
 * TEXT", "null" (success with a null reply), "fail", "eof" or "long N". Newlines in texts are written as \n. Settings:
 *
 *   tty=, rhost=, ruser=, env=NAME=VALUE     items, and PAM's environment
 *   rounds=N          N calls of pam_authenticate
 *   setcred           pam_setcred too, before anything else
 *   no-conversation   no conversation function
 *   close-std, ignore-sigchld, reap-sigchld, ignore-sighup, nofile=N, fsize=N, block-sigint
 *                     properties of the login program
 *   pending-sigint    SIGINT has come, and with block-sigint waits
 *   rename=NAME       PAM_USER becomes NAME in the first prompt
 *   fail-groups       /etc/group cannot be read to its end
 *   terminal=PATH     that is its controlling terminal, and its standard input
 *
 * With PAM_HOST_JOURNAL in the environment, /dev/log leads to the journal, whose own socket is the one that it names.
 *
 * At the end "left ..." lines name what was left behind: children, descriptors, the signal mask, signal handlers,
 * and signals that wait to be unblocked.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far above the descriptors of a login program. */
#define OUT 900
#define IN 901

static const char *rename_to;
static int fail_groups;
static pam_handle_t *handle;

/* With faults.c preloaded, calls by this program itself must not fail. */
static void faults_pause(int paused) {
    static void (*pause)(int);
    if (pause == NULL) *(void **)&pause = dlsym(RTLD_DEFAULT, "faults_pause");
    if (pause) pause(paused);
}

static void say(const char *word, const char *text) {
    char line[20000];
    size_t length = (size_t)snprintf(line, sizeof line, "%s ", word);
    for (; *text && length < sizeof line - 3; text++) {
        if (*text == '\n') line[length++] = '\\', line[length++] = 'n';
        else line[length++] = *text;
    }
    line[length++] = '\n';
    if (write(OUT, line, length) < 0) _exit(99);
}

/* The module logs through these, since the linker prefers them. */
static void take(int priority, const char *format, va_list arguments) {
    char text[8192], line[8300];
    faults_pause(1);
    vsnprintf(text, sizeof text, format, arguments);
    snprintf(line, sizeof line, "%d %s", priority & 7, text);
    say("log", line);
    faults_pause(0);
}
void vsyslog(int priority, const char *format, va_list arguments) { take(priority, format, arguments); }
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments) {
    (void)flag, take(priority, format, arguments);
}
void syslog(int priority, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    take(priority, format, arguments);
    va_end(arguments);
}
void __syslog_chk(int priority, int flag, const char *format, ...) {
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    take(priority, format, arguments);
    va_end(arguments);
}

/* Whether this machine has a journal is no matter: the module finds that out by this call. */
ssize_t readlink(const char *path, char *buffer, size_t size) {
    static const char target[] = "/run/systemd/journal/dev-log";
    ssize_t (*real)(const char *, char *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "readlink");
    if (strcmp(path, "/dev/log") != 0) return real(path, buffer, size);
    if (getenv("PAM_HOST_JOURNAL") == NULL) return errno = ENOENT, -1;
    size_t length = size < sizeof target - 1 ? size : sizeof target - 1;
    memcpy(buffer, target, length);
    return (ssize_t)length;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    ssize_t (*real)(int, const struct msghdr *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
    const struct sockaddr_un *named = message->msg_name;
    const char *journal = getenv("PAM_HOST_JOURNAL");
    if (named == NULL || strcmp(named->sun_path, "/run/systemd/journal/socket") != 0) return real(fd, message, flags);
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    snprintf(own.sun_path, sizeof own.sun_path, "%s", journal);
    struct msghdr rerouted = *message;
    rerouted.msg_name = &own;
    return real(fd, &rerouted, flags);
}

/* The module reads /etc/group through this one. */
int fgetgrent_r(FILE *file, struct group *entry, char *buffer, size_t size, struct group **found) {
    int (*read_entry)(FILE *, struct group *, char *, size_t, struct group **);
    *(void **)&read_entry = dlsym(RTLD_NEXT, "fgetgrent_r");
    int error = read_entry(file, entry, buffer, size, found);
    return error == ENOENT && fail_groups ? EIO : error;
}

static int read_line(char *line, size_t size) {
    size_t length = 0;
    while (length < size - 1) {
        ssize_t count = read(IN, line + length, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -1;
        if (line[length] == '\n') break;
        length++;
    }
    line[length] = 0;
    return 0;
}

static int answer(char **reply) {
    static char line[70000];
    if (rename_to) pam_set_item(handle, PAM_USER, rename_to);
    if (read_line(line, sizeof line) != 0 || strcmp(line, "fail") == 0) return PAM_CONV_ERR;
    if (strcmp(line, "eof") == 0) return PAM_CONV_ERR;
    if (strcmp(line, "null") == 0) return PAM_SUCCESS;
    if (strncmp(line, "long ", 5) == 0) {
        size_t count = strtoul(line + 5, NULL, 10);
        *reply = malloc(count + 1);
        memset(*reply, '1', count);
        (*reply)[count] = 0;
        return PAM_SUCCESS;
    }
    *reply = strdup(strncmp(line, "answer ", 7) == 0 ? line + 7 : "");
    return PAM_SUCCESS;
}

static int converse_now(int count, const struct pam_message **messages, struct pam_response **responses) {
    struct pam_response *all = calloc((size_t)count, sizeof *all);
    for (int i = 0; i < count; i++) {
        int style = messages[i]->msg_style;
        int asks = style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF;
        const char *word = style == PAM_PROMPT_ECHO_ON ? "ask"
            : asks ? "ask-hidden"
            : style == PAM_ERROR_MSG ? "tell" : "tell-on-stdout";
        say(word, messages[i]->msg);
        int result = asks ? answer(&all[i].resp) : PAM_SUCCESS;
        if (result != PAM_SUCCESS) {
            free(all);
            return result;
        }
    }
    *responses = all;
    return PAM_SUCCESS;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
    (void)data;
    faults_pause(1);
    int result = converse_now(count, messages, responses);
    faults_pause(0);
    return result;
}

static void reap(int signal) {
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
}

static void limit(int which, const char *text) {
    struct rlimit value = {strtoul(text, NULL, 10), strtoul(text, NULL, 10)};
    setrlimit(which, &value);
}

static unsigned long long descriptors(void) {
    unsigned long long sum = 0;
    for (int fd = 0; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0) sum |= 1ULL << fd;
    return sum;
}

static void note_left(unsigned long long fds, const sigset_t *mask, const struct sigaction *actions,
                      int quiet_children) {
    char text[200];
    sigset_t now, pending;
    if (descriptors() != fds)
        snprintf(text, sizeof text, "descriptors %llx, before %llx", descriptors(), fds), say("left", text);
    sigprocmask(SIG_SETMASK, NULL, &now);
    for (int s = 1; s < NSIG; s++) {
        struct sigaction action;
        if (sigismember(&now, s) != sigismember(mask, s))
            snprintf(text, sizeof text, "signal %d in the mask", s), say("left", text);
        if (sigaction(s, NULL, &action) == 0 && action.sa_handler != actions[s].sa_handler)
            snprintf(text, sizeof text, "handler of %d", s), say("left", text);
    }
    sigpending(&pending);
    for (int s = 1; s < NSIG; s++)
        if (sigismember(&pending, s) == 1) snprintf(text, sizeof text, "signal %d waits", s), say("left", text);
    pid_t child = waitpid(-1, NULL, WNOHANG);
    if (!quiet_children && (child >= 0 || errno != ECHILD)) say("left", "a child");
}

int main(int argc, char **argv) {
    struct pam_conv conversation = {converse, NULL};
    struct sigaction actions[NSIG];
    sigset_t mask;
    const char *tty = NULL, *rhost = NULL, *ruser = NULL, *environment[16];
    int rounds = 1, result, environments = 0, setcred = 0, quiet = 0;
    if (argc < 6) return 2;
    int out = atoi(argv[1]), in = atoi(argv[2]);
    if (dup2(out, OUT) < 0 || dup2(in, IN) < 0 || close(out) != 0 || close(in) != 0) return 2;
    argv += 2, argc -= 2;
    for (int i = 4; i < argc; i++) {
        const char *a = argv[i];
        if (strncmp(a, "tty=", 4) == 0) tty = a + 4;
        else if (strncmp(a, "rhost=", 6) == 0) rhost = a + 6;
        else if (strncmp(a, "ruser=", 6) == 0) ruser = a + 6;
        else if (strncmp(a, "env=", 4) == 0 && environments < 16) environment[environments++] = a + 4;
        else if (strncmp(a, "rounds=", 7) == 0) rounds = atoi(a + 7);
        else if (strncmp(a, "rename=", 7) == 0) rename_to = a + 7;
        else if (strcmp(a, "fail-groups") == 0) fail_groups = 1;
        else if (strcmp(a, "setcred") == 0) setcred = 1;
        else if (strcmp(a, "no-conversation") == 0) conversation.conv = NULL;
        else if (strcmp(a, "close-std") == 0) close(0), close(1), close(2);
        else if (strcmp(a, "ignore-sigchld") == 0) signal(SIGCHLD, SIG_IGN), quiet = 1;
        else if (strcmp(a, "ignore-sighup") == 0) signal(SIGHUP, SIG_IGN);
        else if (strcmp(a, "reap-sigchld") == 0) signal(SIGCHLD, reap), quiet = 1;
        else if (strcmp(a, "pending-sigint") == 0) raise(SIGINT);
        else if (strncmp(a, "terminal=", 9) == 0) {
            int fd = setsid() < 0 ? -1 : open(a + 9, O_RDWR);
            if (fd < 0 || dup2(fd, 0) < 0 || close(fd) != 0) return 2;
        }
        else if (strncmp(a, "nofile=", 7) == 0) limit(RLIMIT_NOFILE, a + 7);
        else if (strncmp(a, "fsize=", 6) == 0) limit(RLIMIT_FSIZE, a + 6);
        else if (strcmp(a, "block-sigint") == 0) {
            sigset_t block;
            sigemptyset(&block), sigaddset(&block, SIGINT), sigaddset(&block, SIGQUIT);
            sigprocmask(SIG_BLOCK, &block, NULL);
        } else return 2;
    }
    /* Every login program has looked up a user before it calls PAM. */
    struct passwd *found = getpwuid(getuid());
    gid_t groups[64];
    int count = 64;
    if (found == NULL || getgrgid(found->pw_gid) == NULL
        || getgrouplist(found->pw_name, found->pw_gid, groups, &count) < 0) return 4;
    result = pam_start_confdir(argv[2], argv[3], &conversation, argv[1], &handle);
    if (result != PAM_SUCCESS) return 3;
    if (tty) pam_set_item(handle, PAM_TTY, tty);
    if (rhost) pam_set_item(handle, PAM_RHOST, rhost);
    if (ruser) pam_set_item(handle, PAM_RUSER, ruser);
    for (int i = 0; i < environments; i++) pam_putenv(handle, environment[i]);
    if (setcred) printf("%d\n", pam_setcred(handle, PAM_ESTABLISH_CRED));
    for (int s = 1; s < NSIG; s++) sigaction(s, NULL, &actions[s]);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    unsigned long long fds = descriptors();
    for (int i = 0; i < rounds; i++) {
        char text[20];
        result = pam_authenticate(handle, PAM_SILENT);
        snprintf(text, sizeof text, "%d", result);
        say("result", text);
    }
    note_left(fds, &mask, actions, quiet);
    pam_end(handle, result);
    return 0;
}

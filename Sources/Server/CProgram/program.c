#define _GNU_SOURCE
#include "CProgram.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

int program_input(const uint8_t *bytes, size_t length) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    int error = 0;
    if (fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) error = -errno;
    /* The read end is open here, so write(2) raises no SIGPIPE. */
    ssize_t count = error == 0 ? write(ends[1], bytes, length) : 0;
    if (count < 0) error = -errno;
    else if (error == 0 && (size_t)count != length) error = -EAGAIN;
    close(ends[1]);
    if (error == 0) return ends[0];
    close(ends[0]);
    return error;
}

static int say_files(posix_spawn_file_actions_t *files, int input) {
    /* A dup2 onto the same descriptor also clears close-on-exec. */
    int error = posix_spawn_file_actions_adddup2(files, input, 0);
    if (error == 0) error = posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(files, 3);
    if (error == 0) error = posix_spawn_file_actions_addchdir_np(files, "/");
    return error;
}

static int say_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setflags(attributes,
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0) error = posix_spawnattr_setpgroup(attributes, 0);
    if (error == 0) error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
    return error;
}

static int spawn(pid_t *pid, const char *path, const char *const *arguments, int input) {
    static char search[] = "PATH=/usr/bin:/bin", language[] = "LANG=C.UTF-8";
    char *environment[] = {search, language, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&files) != 0) return -ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return -ENOMEM;
    }
    int error = say_files(&files, input);
    if (error == 0) error = say_attributes(&attributes);
    /* posix_spawn(3) does not change the arguments; its signature predates const. */
    if (error == 0)
        error = posix_spawn(pid, path, &files, &attributes, (char *const *)(uintptr_t)arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return -error;
}

pid_t program_start(const char *path, const char *const *arguments, int input, int *watch) {
    pid_t pid = 0;
    int error = spawn(&pid, path, arguments, input);
    if (error != 0) return error;
    *watch = pidfd_open(pid, 0);
    if (*watch >= 0) return pid;
    error = -errno;
    kill(-pid, SIGKILL);
    program_reap(pid);
    return error;
}

int program_ended(int watch, int milliseconds) {
    struct pollfd watched = {watch, POLLIN, 0};
    int count = poll(&watched, 1, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    return count > 0;
}

int program_reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR) return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

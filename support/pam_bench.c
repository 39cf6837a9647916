/*
 * pam_bench CONFDIR SERVICE USER ANSWER TTY   runs one PAM transaction; prints the microseconds that it took, and the
 *                                             CLOCK_MONOTONIC time in microseconds when it succeeded
 * pam_bench --load MODULE                     prints the microseconds of dlopen, and the kB of memory that it added
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The resident memory of this process in kB. */
static long memory(void) {
    long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &size, &resident) != 2) exit(3);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int answer(int count, const struct pam_message **messages, struct pam_response **responses, void *data) {
    *responses = calloc((size_t)count, sizeof **responses);
    for (int i = 0; i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON || messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            (*responses)[i].resp = strdup(data);
    return PAM_SUCCESS;
}

static int load(const char *path) {
    long before = memory();
    double start = now();
    if (dlopen(path, RTLD_NOW) == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    double took = now() - start;
    printf("%.1f %ld\n", took, memory() - before);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3) return load(argv[2]);
    if (argc != 6) return 2;
    struct pam_conv conversation = {answer, argv[4]};
    pam_handle_t *handle;
    double start = now();
    if (pam_start_confdir(argv[2], argv[3], &conversation, argv[1], &handle) != PAM_SUCCESS) return 3;
    pam_set_item(handle, PAM_TTY, argv[5]);
    int result = pam_authenticate(handle, 0);
    double end = now();
    pam_end(handle, result);
    printf("%.1f %.1f\n", now() - start, end);
    return result;
}

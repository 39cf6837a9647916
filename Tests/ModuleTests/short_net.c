/* countersign-net on a host with a shortage. THREADS: no thread can be started; FILES: the limit on descriptors. */
#include <sys/resource.h>
#include <unistd.h>

#ifndef FILES
#define FILES 1024
#endif
#ifndef THREADS
#define THREADS 1
#endif

int main(void) {
    char *const arguments[] = {"countersign-net", 0}, *const environment[] = {0};
    /* The stack of each thread, which does not fit. */
    struct rlimit stack = {1ull << 46, RLIM_INFINITY}, files = {FILES, FILES};
    if (!THREADS && setrlimit(RLIMIT_STACK, &stack) != 0) return 1;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) return 1;
    execve(REAL, arguments, environment);
    return 1;
}

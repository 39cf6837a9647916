/* Replaces countersign-login: starts the real one, which is beside it, with a slow disk. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    setenv("LD_PRELOAD", LIBRARY, 1);
    execl(REAL, "countersign-login", (char *)0);
    return 127;
}

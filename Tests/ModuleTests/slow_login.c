/* Replaces countersign-login: starts the real one on a disk that takes 300 ms to make a file durable. strace slows it
   down, which works for static programs too, and stays beside it (-D): the caller's child is the real one. */
#include <unistd.h>

int main(void) {
    execl("/usr/bin/strace", "strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e",
          "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=300000", REAL, (char *)0);
    return 127;
}

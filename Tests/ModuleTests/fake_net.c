/* A countersign-net that reports ready and ends when its socket is closed; with STAYS it does not end. */
#include <sys/socket.h>
#include <unistd.h>

#ifndef STAYS
#define STAYS 0
#endif

int main(void) {
    char end[4];
    send(3, "!", 1, MSG_NOSIGNAL);
    recv(3, end, sizeof end, 0);
    while (STAYS) pause();
    return 0;
}

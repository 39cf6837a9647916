#include "CSyscalls.h"

#include <errno.h>
#include <sys/socket.h>

int system_send(int socket, const uint8_t *frame, size_t length) {
    for (;;) {
        ssize_t sent = send(socket, frame, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return (size_t)sent == length ? 0 : -EIO;
        if (errno != EINTR) return -errno;
    }
}

int system_receive(int socket, uint8_t *buffer, size_t capacity) {
    for (;;) {
        struct iovec part = {buffer, capacity};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (count >= 0) return message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -EMSGSIZE : (int)count;
        if (errno != EINTR) return -errno;
    }
}

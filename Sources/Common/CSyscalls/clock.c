#define _GNU_SOURCE
#include "CSyscalls.h"

#include <sys/timex.h>

int system_clock_is_synchronized(void) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    return state >= 0 && state != TIME_ERROR && !(clock.status & STA_UNSYNC);
}

/* groups_of USER PRIMARY GROUP...: what CGroups reports of each group: 1, 0 or -errno. NOFILE in the environment is the
   number of open files that it may have. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "CGroups.h"

int main(int argc, char **argv) {
    group_list list = {0};
    if (argc < 3) return 2;
    if (getenv("NOFILE") != NULL) setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)atoi(getenv("NOFILE")), 100});
    groups_find(argv[1], (gid_t)atoi(argv[2]), &list);
    for (int i = 3; i < argc; i++) printf("%d\n", groups_have(&list, argv[i]));
    groups_forget(&list);
    return 0;
}

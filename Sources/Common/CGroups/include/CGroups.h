/*
 * The groups of a user, from the sources that nsswitch.conf(5) names.
 *
 * getgrouplist(3) and getgrnam_r(3) skip a source that fails and return as if it had no entry. These functions ask each
 * source by itself, so that "not a member" is returned only if all of them answered. A failure is doubt, and never
 * "no".
 */
#ifndef C_GROUPS_H
#define C_GROUPS_H

#include <sys/types.h>

#pragma clang assume_nonnull begin

/* The groups of a user, as `groups_find` returns them. All zero before the first call, with nothing to free. */
typedef struct {
    /* `count` numbers of groups; owned by the list. */
    gid_t *_Nullable ids;
    long count;
    /* 0: the list is complete. Otherwise some may be missing: -errno of the first failed source, named in `source`. */
    int doubt;
    /* "" if nsswitch.conf itself failed. */
    char source[48];
} group_list;

/* Finds the groups of `user`, whose primary group is `primary`. `list` is all zero before; groups_forget frees it. */
void groups_find(const char *user, gid_t primary, group_list *list);

/* Whether the list has the group of that name: 1 or 0; -errno if that is not known. */
int groups_have(const group_list *list, const char *name);

/* Finds the number of a group. 1: found; 0: all sources answered that there is none; -errno: one of them failed. */
int groups_named(const char *name, gid_t *gid);

/* Frees what the list holds. It is all zero afterwards. */
void groups_forget(group_list *list);

#pragma clang assume_nonnull end
#endif

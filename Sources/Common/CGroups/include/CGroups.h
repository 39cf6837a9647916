/*
 * Which groups a user is in, by the sources that nsswitch.conf(5) names.
 *
 * getgrouplist(3) and getgrnam_r(3) skip a source that fails and then answer as if it had nothing to say. Here every
 * source is asked for itself, so that "not a member" is said only where all of them answered. Whatever fails is doubt,
 * and never "no".
 */
#ifndef C_GROUPS_H
#define C_GROUPS_H

#include <sys/types.h>

#pragma clang assume_nonnull begin

/* A user's groups, as `groups_find` fills it in. All zero: nothing was found yet, and there is nothing to free. */
typedef struct {
    /* `count` of them; owned by the list. */
    gid_t *_Nullable ids;
    long count;
    /* 0: these are all. Otherwise there may be more: -errno of the first source that failed, named in `source`. */
    int doubt;
    /* "" where it was nsswitch.conf itself. */
    char source[48];
} group_list;

/* Asks for the groups of `user`, whose primary group is `primary`. `list` is all zero before; groups_forget frees it. */
void groups_find(const char *user, gid_t primary, group_list *list);

/* Whether the list has the group of that name: 1 or 0; -errno where that could not be found out. */
int groups_have(const group_list *list, const char *name);

/* The number of a group: 1: found; 0: every source says that there is none; -errno: one of them could not say. */
int groups_named(const char *name, gid_t *gid);

/* Frees what the list holds. It is all zero afterwards. */
void groups_forget(group_list *list);

#pragma clang assume_nonnull end
#endif

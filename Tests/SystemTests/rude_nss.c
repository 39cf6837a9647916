/*
 * A source of groups for tests, in place of libnss_hesiod, which is on every Debian but unused. It knows the group
 * `admins` with alice in it, `crowd` with 100,000 members and alice as the last, and nothing else. /etc/rude-nss
 * makes calls fail, one line each:
 *
 *   CALL STATUS ERRNO [AFTER]       such as `initgroups_dyn -1 2`; AFTER: that many calls go well before
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADMINS 42500
#define CROWD 42501
#define MEMBERS 100000

static int fails(const char *call, int so_far, enum nss_status *status, int *error) {
    char name[40];
    int number, reason, after, found = 0;
    char line[100];
    FILE *file = fopen("/etc/rude-nss", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        after = 0;
        if (sscanf(line, "%39s %d %d %d", name, &number, &reason, &after) < 3 || strcmp(name, call) != 0
            || so_far < after) continue;
        *status = number, *error = reason, found = 1;
    }
    if (file != NULL) fclose(file);
    return found;
}

static enum nss_status fill(const char *name, gid_t gid, int members, struct group *entry, char *buffer, size_t size,
                            int *error) {
    size_t needed = strlen(name) + 1 + sizeof(char *) * (size_t)(members + 2) + 9 * (size_t)members;
    if (size < needed) {
        *error = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    }
    char **list = (char **)(((unsigned long)buffer + sizeof(char *) - 1) & -sizeof(char *));
    char *text = (char *)(list + members + 1);
    entry->gr_mem = list;
    for (int i = 0; i < members; i++) {
        list[i] = text;
        text += sprintf(text, i == members - 1 ? "alice" : "u%07d", i) + 1;
    }
    list[members] = NULL;
    entry->gr_name = entry->gr_passwd = strcpy(text, name);
    entry->gr_gid = gid;
    return NSS_STATUS_SUCCESS;
}

enum nss_status _nss_hesiod_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size, int *error) {
    enum nss_status status;
    if (fails("getgrnam_r", 0, &status, error)) return status;
    if (strcmp(name, "admins") == 0) return fill(name, ADMINS, 1, entry, buffer, size, error);
    if (strcmp(name, "crowd") == 0) return fill(name, CROWD, MEMBERS, entry, buffer, size, error);
    return NSS_STATUS_NOTFOUND;
}

#ifndef NO_INITGROUPS
enum nss_status _nss_hesiod_initgroups_dyn(const char *user, gid_t primary, long *start, long *size, gid_t **ids,
                                           long limit, int *error) {
    enum nss_status status;
    const gid_t all[] = {ADMINS, CROWD};
    (void)primary;
    if (fails("initgroups_dyn", 0, &status, error)) return status;
    if (strcmp(user, "alice") != 0) return NSS_STATUS_NOTFOUND;
    for (int i = 0; i < 2; i++) {
        if (fails("halfway", i, &status, error)) return status;
        if (*start == *size) {
            if (limit > 0 && *size == limit) return NSS_STATUS_SUCCESS;
            gid_t *more = realloc(*ids, 2 * (size_t)*size * sizeof **ids);
            if (more == NULL) return *error = ENOMEM, NSS_STATUS_TRYAGAIN;
            *ids = more, *size *= 2;
        }
        (*ids)[(*start)++] = all[i];
    }
    return NSS_STATUS_SUCCESS;
}
#endif

static int next_entry;

enum nss_status _nss_hesiod_setgrent(int stay_open) {
    enum nss_status status;
    int error;
    (void)stay_open;
    next_entry = 0;
    return fails("setgrent", 0, &status, &error) ? status : NSS_STATUS_SUCCESS;
}

enum nss_status _nss_hesiod_getgrent_r(struct group *entry, char *buffer, size_t size, int *error) {
    enum nss_status status;
    if (fails("getgrent_r", next_entry, &status, error)) return status;
    if (next_entry == 2) return NSS_STATUS_NOTFOUND;
    status = next_entry == 0 ? fill("crowd", CROWD, MEMBERS, entry, buffer, size, error)
                             : fill("admins", ADMINS, 1, entry, buffer, size, error);
    if (status == NSS_STATUS_SUCCESS) next_entry++;
    return status;
}

enum nss_status _nss_hesiod_endgrent(void) { return NSS_STATUS_SUCCESS; }

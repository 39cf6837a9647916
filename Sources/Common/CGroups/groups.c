#define _GNU_SOURCE
#include "CGroups.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SWITCH "/etc/nsswitch.conf"
#define SOURCES_MAX 16
/* The most groups that the kernel gives a process (NGROUPS_MAX). */
#define GROUPS_MAX 65536
/* Room for an entry with some hundred thousand members; a source that asks for more has failed. */
#define ENTRY_MAX (64UL << 20)
#define ENTRIES_MAX 1000000

/* Functions that the library of a source may have (nss.h of glibc), named _nss_SOURCE_WORD. */
typedef enum nss_status by_name_function(const char *name, struct group *entry, char *buffer, size_t size, int *error);
typedef enum nss_status of_user_function(const char *user, gid_t primary, long *start, long *size, gid_t **ids,
                                         long limit, int *error);
typedef enum nss_status begin_function(int stay_open);
typedef enum nss_status next_function(struct group *entry, char *buffer, size_t size, int *error);
typedef enum nss_status end_function(void);

typedef struct {
    char name[48];
    /* Whether the search ends after this status, by status + 2: TRYAGAIN, UNAVAIL, NOTFOUND, SUCCESS. */
    unsigned char ends[4];
} source;

typedef struct {
    source sources[SOURCES_MAX];
    int count;
    /* Set for the line of `initgroups`, with which SUCCESS ends the search. With `group` all sources are asked. */
    int is_initgroups;
} source_list;

/* A buffer that grows as entries need it. */
typedef struct {
    char *bytes;
    size_t size;
} memory;

static int grow(memory *m) {
    size_t size = m->size == 0 ? 4096 : m->size * 4;
    if (size > ENTRY_MAX) return -ERANGE;
    char *bytes = realloc(m->bytes, size);
    if (bytes == NULL) return -ENOMEM;
    m->bytes = bytes;
    m->size = size;
    return 0;
}

/* MARK: nsswitch.conf */

static const char *after_blanks(const char *text) {
    while (isspace((unsigned char)*text)) text++;
    return text;
}

static size_t word_length(const char *text, const char *end) {
    size_t length = 0;
    while (text[length] && !isspace((unsigned char)text[length]) && strchr(end, text[length]) == NULL) length++;
    return length;
}

static int is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* Reads an action such as `!UNAVAIL=return`, behind the bracket and blanks. Returns the rest, or NULL on error. */
static const char *read_action(const char *text, source *s) {
    static const char *const statuses[] = {"tryagain", "unavail", "notfound", "success"};
    int negated = *text == '!', status = -1;
    if (negated) text++;
    size_t length = word_length(text, "=]");
    for (int i = 0; i < 4; i++)
        if (is_word(text, length, statuses[i])) status = i;
    text = after_blanks(text + length);
    if (status < 0 || *text != '=') return NULL;
    text = after_blanks(text + 1);
    length = word_length(text, "]");
    int is_return = is_word(text, length, "return");
    if (!is_return && !is_word(text, length, "continue") && !is_word(text, length, "merge")) return NULL;
    for (int i = 0; i < 4; i++)
        if ((i == status) != negated) s->ends[i] = (unsigned char)is_return;
    return after_blanks(text + length);
}

/* Reads sources such as `files [NOTFOUND=return] sss`. */
static int read_sources(const char *text, source_list *list) {
    list->count = 0;
    for (text = after_blanks(text); *text; text = after_blanks(text)) {
        if (*text == '[') {
            if (list->count == 0) return -EINVAL;
            text = after_blanks(text + 1);
            while (*text && *text != ']')
                if ((text = read_action(text, &list->sources[list->count - 1])) == NULL) return -EINVAL;
            if (*text++ != ']') return -EINVAL;
            continue;
        }
        size_t length = word_length(text, "[");
        if (list->count == SOURCES_MAX || length >= sizeof list->sources[0].name) return -E2BIG;
        source *s = &list->sources[list->count++];
        *s = (source){.ends = {0, 0, 0, 1}};
        memcpy(s->name, text, length);
        text += length;
    }
    return list->count > 0 ? 0 : -EINVAL;
}

/* The text behind `name:` in this line, or NULL. */
static const char *line_of(const char *line, const char *name) {
    line = after_blanks(line);
    size_t length = word_length(line, ":");
    if (strlen(name) != length || strncmp(line, name, length) != 0) return NULL;
    line = after_blanks(line + length);
    return *line == ':' ? line + 1 : NULL;
}

/* Reads the sources of `group`; with `membership` set, those of `initgroups` if the file has them. 0 or -errno. */
static int read_switch(source_list *list, int membership) {
    char line[4096];
    int error = 0, seen = 0, seen_initgroups = 0;
    *list = (source_list){.count = 0};
    FILE *file = fopen(SWITCH, "re");
    if (file == NULL) return errno == ENOENT ? read_sources("files", list) : -errno;
    while (error == 0 && fgets(line, sizeof line, file) != NULL) {
        size_t length = strlen(line);
        if (length == sizeof line - 1 && line[length - 1] != '\n') error = -E2BIG;
        line[strcspn(line, "#\n")] = 0;
        const char *sources = membership ? line_of(line, "initgroups") : NULL;
        if (sources != NULL) {
            error = seen_initgroups++ ? -EINVAL : error;
        } else {
            sources = line_of(line, "group");
            if (sources != NULL && seen++) error = -EINVAL;
            if (seen_initgroups) sources = NULL;
        }
        if (sources != NULL && error == 0) error = read_sources(sources, list);
    }
    if (error == 0 && ferror(file)) error = -EIO;
    fclose(file);
    list->is_initgroups = seen_initgroups;
    if (error != 0 || seen || seen_initgroups) return error;
    return read_sources("files", list);
}

/* MARK: one source */

/* A function of the source's library, or NULL. The library stays loaded, as with glibc. */
static void *function(const source *s, const char *word) {
    char name[96];
    if (s->name[strspn(s->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] != 0) return NULL;
    snprintf(name, sizeof name, "libnss_%s.so.2", s->name);
    void *library = dlopen(name, RTLD_NOW | RTLD_NODELETE);
    if (library == NULL) return NULL;
    snprintf(name, sizeof name, "_nss_%s_%s", s->name, word);
    void *found = dlsym(library, name);
    dlclose(library);
    return found;
}

/* The error of a source that failed: -errno, never 0. */
static int failure(int error) { return error > 0 ? -error : -EIO; }

/* nss-systemd returns this for a user without groups if no userdb service is running, as in a container: that is not a
   failure. */
static int is_no_userdb(const source *s, enum nss_status status, int reason) {
    return strcmp(s->name, "systemd") == 0 && status == NSS_STATUS_UNAVAIL && reason == ESRCH;
}

static int is_files(const source *s) { return strcmp(s->name, "files") == 0; }

/* Called for each entry of a source; 1 ends the walk. */
typedef int visit(const struct group *entry, void *context);

/* Visits the entries of /etc/group. Returns a status; `error` is set if that is UNAVAIL. */
static enum nss_status walk_file(visit *look, void *context, int *error) {
    struct group entry, *found = NULL;
    memory m = {NULL, 0};
    enum nss_status status = NSS_STATUS_NOTFOUND;
    FILE *file = fopen("/etc/group", "re");
    if (file == NULL) {
        *error = errno;
        return NSS_STATUS_UNAVAIL;
    }
    *error = -grow(&m);
    while (*error == 0) {
        int result = fgetgrent_r(file, &entry, m.bytes, m.size, &found);
        if (result == ERANGE) *error = -grow(&m);
        else if (result == ENOENT && feof(file)) break;
        else if (result != 0 || found == NULL) *error = result != 0 ? result : EIO;
        /* Lines of the source `compat` are skipped. */
        else if (entry.gr_name[0] == '+' || entry.gr_name[0] == '-') continue;
        else if (look(&entry, context)) {
            status = NSS_STATUS_SUCCESS;
            break;
        }
    }
    if (*error == 0 && ferror(file)) *error = EIO;
    free(m.bytes);
    fclose(file);
    return *error == 0 ? status : NSS_STATUS_UNAVAIL;
}

/* The same for a source that can only list its entries one by one. */
static enum nss_status walk_source(const source *s, visit *look, void *context, int *error) {
    begin_function *begin = (begin_function *)function(s, "setgrent");
    next_function *next = (next_function *)function(s, "getgrent_r");
    end_function *end = (end_function *)function(s, "endgrent");
    struct group entry;
    memory m = {NULL, 0};
    enum nss_status status = NSS_STATUS_UNAVAIL;
    *error = next == NULL ? ELIBACC : -grow(&m);
    if (*error == 0 && begin != NULL) status = begin(0);
    if (*error == 0 && begin != NULL && status != NSS_STATUS_SUCCESS && status != NSS_STATUS_NOTFOUND) *error = EIO;
    for (int count = 0; *error == 0; count++) {
        int reason = 0;
        status = next(&entry, m.bytes, m.size, &reason);
        if (status == NSS_STATUS_NOTFOUND) break;
        if (count == ENTRIES_MAX) *error = E2BIG;
        else if (status == NSS_STATUS_TRYAGAIN && reason == ERANGE) *error = -grow(&m);
        else if (status != NSS_STATUS_SUCCESS) *error = -failure(reason);
        else if (look(&entry, context)) break;
    }
    if (end != NULL) end();
    free(m.bytes);
    return *error == 0 ? status : NSS_STATUS_UNAVAIL;
}

typedef struct {
    const char *name;
    gid_t gid;
} wanted_group;

static int has_name(const struct group *entry, void *context) {
    wanted_group *wanted = context;
    if (entry->gr_name == NULL || strcmp(entry->gr_name, wanted->name) != 0) return 0;
    wanted->gid = entry->gr_gid;
    return 1;
}

static enum nss_status by_name(const source *s, wanted_group *wanted, int *error) {
    struct group entry;
    memory m = {NULL, 0};
    if (is_files(s)) return walk_file(has_name, wanted, error);
    by_name_function *ask = (by_name_function *)function(s, "getgrnam_r");
    enum nss_status status = NSS_STATUS_UNAVAIL;
    *error = ask == NULL ? ELIBACC : -grow(&m);
    while (*error == 0) {
        int reason = 0;
        status = ask(wanted->name, &entry, m.bytes, m.size, &reason);
        if (status == NSS_STATUS_TRYAGAIN && reason == ERANGE) {
            *error = -grow(&m);
            continue;
        }
        if (status == NSS_STATUS_SUCCESS) wanted->gid = entry.gr_gid;
        else if (status != NSS_STATUS_NOTFOUND) *error = -failure(reason);
        break;
    }
    free(m.bytes);
    return *error == 0 ? status : NSS_STATUS_UNAVAIL;
}

typedef struct {
    const char *user;
    gid_t primary;
    gid_t *ids;
    long count, size;
    int error, any;
} membership;

static void add(membership *member, gid_t gid) {
    if (member->count >= member->size) {
        long size = member->size == 0 ? 64 : member->size * 2;
        gid_t *ids = size > GROUPS_MAX ? NULL : realloc(member->ids, (size_t)size * sizeof *ids);
        if (ids == NULL) {
            member->error = size > GROUPS_MAX ? E2BIG : ENOMEM;
            return;
        }
        member->ids = ids;
        member->size = size;
    }
    member->ids[member->count++] = gid;
}

static int has_member(const struct group *entry, void *context) {
    membership *member = context;
    for (char **name = entry->gr_mem; name != NULL && *name != NULL; name++) {
        if (strcmp(*name, member->user) != 0) continue;
        add(member, entry->gr_gid);
        member->any = 1;
        break;
    }
    return member->error != 0;
}

/* Adds the user's groups in one source. */
static enum nss_status of_user(const source *s, membership *member, int *error) {
    of_user_function *ask = is_files(s) ? NULL : (of_user_function *)function(s, "initgroups_dyn");
    enum nss_status status;
    *error = 0;
    if (ask == NULL) {
        member->any = 0;
        status = is_files(s) ? walk_file(has_member, member, error) : walk_source(s, has_member, member, error);
        if (status != NSS_STATUS_UNAVAIL) status = member->any ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
        if (*error == 0) *error = member->error;
    } else {
        int reason = 0;
        long start = member->count, size = member->size;
        status = ask(member->user, member->primary, &start, &size, &member->ids, GROUPS_MAX, &reason);
        if (is_no_userdb(s, status, reason)) status = NSS_STATUS_NOTFOUND;
        if (size >= member->size && start >= member->count && start <= size) member->size = size, member->count = start;
        else *error = EPROTO;
        if (status != NSS_STATUS_SUCCESS && status != NSS_STATUS_NOTFOUND) *error = -failure(reason);
        /* A source stops silently at this limit. */
        else if (member->count >= GROUPS_MAX) *error = E2BIG;
    }
    return *error == 0 ? status : NSS_STATUS_UNAVAIL;
}

/* MARK: all of them */

/* A source that failed has the status UNAVAIL here, even if it returned TRYAGAIN. */
static int ends(const source *s, enum nss_status status) {
    if (status == NSS_STATUS_UNAVAIL && s->ends[0]) return 1;
    return s->ends[status - NSS_STATUS_TRYAGAIN];
}

int groups_named(const char *name, gid_t *gid) {
    source_list sources;
    wanted_group wanted = {name, 0};
    int found = 0, error = read_switch(&sources, 0);
    for (int i = 0; error == 0 && i < sources.count; i++) {
        enum nss_status status = by_name(&sources.sources[i], &wanted, &error);
        /* A later source may know another group by this name. */
        if (error != 0) break;
        if (status == NSS_STATUS_SUCCESS) {
            /* [SUCCESS=continue] means the last one, [SUCCESS=merge] the first. */
            if (found && wanted.gid != *gid) error = -ENOTUNIQ;
            *gid = wanted.gid;
            found = 1;
        }
        if (ends(&sources.sources[i], status)) break;
    }
    return error != 0 ? failure(error < 0 ? -error : error) : found;
}

void groups_find(const char *user, gid_t primary, group_list *list) {
    source_list sources;
    membership member = {.user = user, .primary = primary};
    list->doubt = read_switch(&sources, 1);
    add(&member, primary);
    if (list->doubt == 0) list->doubt = -member.error;
    for (int i = 0; list->doubt != -ENOMEM && member.ids != NULL && i < sources.count; i++) {
        const source *s = &sources.sources[i];
        int error = 0;
        enum nss_status status = of_user(s, &member, &error);
        if (error != 0 && list->doubt == 0) {
            list->doubt = failure(error);
            memcpy(list->source, s->name, sizeof list->source);
        }
        /* The source left an unusable list. */
        if (error == EPROTO) break;
        if ((sources.is_initgroups || status != NSS_STATUS_SUCCESS) && ends(s, status)) break;
    }
    list->ids = member.ids;
    list->count = member.count;
}

int groups_have(const group_list *list, const char *name) {
    gid_t wanted = 0;
    int found = groups_named(name, &wanted);
    if (found <= 0) return found;
    for (long i = 0; i < list->count; i++)
        if (list->ids[i] == wanted) return 1;
    return list->doubt;
}

void groups_forget(group_list *list) {
    free(list->ids);
    *list = (group_list){.ids = NULL};
}

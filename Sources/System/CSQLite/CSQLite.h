/*
 * The header of SQLite, and wrappers of what Swift cannot call: variadic functions and a constant that is a cast.
 * Every function returns an SQLite result code.
 */
#ifndef C_SQLITE_H
#define C_SQLITE_H

#include <sqlite3.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/* Turns an option of SQLITE_DBCONFIG on (1) or off (0); SQLITE_ERROR if it has no effect. */
static inline int csqlite_configure(sqlite3 *database, int option, int on) {
    int now = -1;
    int code = sqlite3_db_config(database, option, on, &now);
    return code == SQLITE_OK && now != on ? SQLITE_ERROR : code;
}

/* Binds a copy of `length` bytes of UTF-8; if `bytes` is NULL, the text is empty, not NULL. */
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const void *_Nullable bytes, size_t length) {
    return sqlite3_bind_text64(statement, index, bytes ? (const char *)bytes : "", length, SQLITE_TRANSIENT,
                               SQLITE_UTF8);
}

/* Binds a copy of `length` bytes; if `bytes` is NULL, the blob is empty, not NULL. */
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *_Nullable bytes, size_t length) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", length, SQLITE_TRANSIENT);
}

#pragma clang assume_nonnull end
#endif

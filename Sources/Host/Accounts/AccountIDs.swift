/// The step of the tables that gave accounts ids; see docs/develop/adr/0063.
extension Schema {
    /// Version 6: accounts have ids, and the key of a person is a column; until then it stood behind the name.
    ///
    /// Accounts are copied in the order of their names. What refers to an account that is not there is left out.
    static let ids = """
        DROP INDEX accounts_authy_id;
        DROP INDEX grace_time;
        DROP INDEX recovery_person;
        DROP INDEX remembered_time;
        ALTER TABLE accounts RENAME TO earlier_accounts;
        ALTER TABLE grace RENAME TO earlier_grace;
        ALTER TABLE recovery RENAME TO earlier_recovery;
        ALTER TABLE remembered RENAME TO earlier_remembered;

        -- People are told apart by name and uid, and by the key if several share a system account ('' for none).
        -- An id is never used again. The key has no default: an earlier version cannot add a row.
        CREATE TABLE accounts (
            id           INTEGER PRIMARY KEY AUTOINCREMENT,
            name         TEXT    NOT NULL,
            uid          INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
            key          TEXT    NOT NULL,
            authy_id     INTEGER CHECK (authy_id > 0),
            secret       BLOB    CHECK (length(secret) > 0),
            algorithm    TEXT    CHECK (algorithm IN ('sha1', 'sha256', 'sha512')),
            digits       INTEGER CHECK (digits BETWEEN 6 AND 8),
            period       INTEGER CHECK (period BETWEEN 15 AND 60),
            last_spent   INTEGER,
            confirmed    INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1)),
            grace_used   INTEGER NOT NULL DEFAULT 0 CHECK (grace_used >= 0),
            failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
            locked_until INTEGER,
            had_authy_id INTEGER NOT NULL DEFAULT 0 CHECK (had_authy_id IN (0, 1)),
            opted_out    INTEGER,
            paused_until INTEGER,
            paused_at    INTEGER,
            pause_reason TEXT,
            prefers      TEXT    CHECK (prefers IN ('onetouch', 'softtoken', 'sms', 'call')),
            seen_phone   TEXT,
            seen_app     INTEGER CHECK (seen_app IN (0, 1)),
            seen         INTEGER,
            locks        INTEGER NOT NULL DEFAULT 0 CHECK (locks >= 0),
            locked_clock TEXT,
            day_failures INTEGER NOT NULL DEFAULT 0 CHECK (day_failures >= 0),
            day_clock    TEXT,
            wrong_codes  INTEGER NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),
            label        TEXT,
            seal         BLOB,
            UNIQUE (name, uid, key),
            CHECK ((secret IS NULL) = (algorithm IS NULL) AND (secret IS NULL) = (digits IS NULL) \
        AND (secret IS NULL) = (period IS NULL)),
            CHECK (secret IS NOT NULL OR last_spent IS NULL),
            CHECK (confirmed = 0 OR authy_id IS NOT NULL OR secret IS NOT NULL)
        ) STRICT;
        INSERT INTO accounts (
            name, uid, key, authy_id, secret, algorithm, digits, period, last_spent, confirmed, grace_used, failures,
            locked_until, had_authy_id, opted_out, paused_until, paused_at, pause_reason, prefers, seen_phone, seen_app,
            seen, locks, locked_clock, day_failures, day_clock, wrong_codes, label)
        SELECT
            \(nameAlone("name")), uid, \(keyBehind("name")), authy_id, secret, algorithm, digits, period, last_spent,
            confirmed, grace_used, failures, locked_until, had_authy_id, opted_out, paused_until, paused_at,
            pause_reason, prefers, seen_phone, seen_app, seen, locks, locked_clock, day_failures, day_clock,
            wrong_codes, label
        FROM earlier_accounts ORDER BY name, uid;
        CREATE INDEX accounts_authy_id ON accounts (authy_id) WHERE authy_id IS NOT NULL;

        CREATE TABLE grace (
            account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            place   TEXT    NOT NULL,
            time    INTEGER NOT NULL,
            PRIMARY KEY (account, place)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO grace (account, place, time)
        SELECT id, place, time FROM earlier_grace CROSS JOIN accounts ON \(isAccount(of: "earlier_grace"));
        CREATE INDEX grace_time ON grace (time);

        CREATE TABLE recovery (
            id      INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            hash    TEXT    NOT NULL,
            used    INTEGER
        ) STRICT;
        INSERT INTO recovery (id, account, hash, used)
        SELECT earlier_recovery.id, accounts.id, hash, used FROM earlier_recovery CROSS JOIN accounts
        ON \(isAccount(of: "earlier_recovery"));
        CREATE INDEX recovery_account ON recovery (account);

        CREATE TABLE remembered (
            account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            service TEXT    NOT NULL,
            address TEXT    NOT NULL,
            key     TEXT    NOT NULL,
            time    INTEGER NOT NULL,
            PRIMARY KEY (account, service, address, key)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO remembered (account, service, address, key, time)
        SELECT accounts.id, service, address, earlier_remembered.key, time FROM earlier_remembered CROSS JOIN accounts
        ON \(isAccount(of: "earlier_remembered"));
        CREATE INDEX remembered_time ON remembered (time);

        DROP TABLE earlier_remembered;
        DROP TABLE earlier_recovery;
        DROP TABLE earlier_grace;
        DROP TABLE earlier_accounts;

        -- These count for people who have no account, or outlive it.
        DROP INDEX pushes_person;
        ALTER TABLE pushes ADD COLUMN key TEXT NOT NULL DEFAULT '';
        UPDATE pushes SET name = \(nameAlone("name")), key = \(keyBehind("name")) WHERE \(hasKey("name"));
        CREATE INDEX pushes_person ON pushes (name, uid, key, time);

        DROP INDEX onecodes_person;
        ALTER TABLE onecodes ADD COLUMN key TEXT NOT NULL DEFAULT '';
        UPDATE onecodes SET name = \(nameAlone("name")), key = \(keyBehind("name")) WHERE \(hasKey("name"));
        CREATE INDEX onecodes_person ON onecodes (name, uid, key, time);

        DROP INDEX history_user;
        ALTER TABLE history ADD COLUMN key TEXT NOT NULL DEFAULT '';
        UPDATE history SET user = \(nameAlone("user")), key = \(keyBehind("user")) WHERE \(hasKey("user"));
        CREATE INDEX history_person ON history (user, key);
        """

    // Until version 5 a name could be followed by a blank and a key, as `KeyFingerprint` has it, of 50 characters.

    private static func hasKey(_ column: String) -> String {
        "\(column) GLOB '* SHA256:\(String(repeating: "[A-Za-z0-9+/]", count: 43))'"
    }

    private static func nameAlone(_ column: String) -> String {
        "CASE WHEN \(hasKey(column)) THEN substr(\(column), 1, length(\(column)) - 51) ELSE \(column) END"
    }

    private static func keyBehind(_ column: String) -> String {
        "CASE WHEN \(hasKey(column)) THEN substr(\(column), -50) ELSE '' END"
    }

    private static func isAccount(of table: String) -> String {
        """
        accounts.name = \(nameAlone("\(table).name")) AND accounts.uid = \(table).uid \
        AND accounts.key = \(keyBehind("\(table).name"))
        """
    }
}

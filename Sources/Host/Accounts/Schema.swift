internal import SQLite

/// The tables and their migrations.
///
/// `user_version` of the file is the number of migrations that it has seen; with 0 it does not belong to Countersign.
enum Schema {
    /// In order; new ones are only appended.
    static let migrations = [first, enrolment, seals, guesses, people, ids]

    static var version: Int64 { Int64(migrations.count) }

    /// The first version with an id and with seals.
    ///
    /// Only `prepare` brings earlier ones up to date, and accepts their rows as they are.
    static let firstSealed: Int64 = 3

    /// Fills an empty database, and leaves all of it in one file on the disk.
    static func create(_ connection: Connection) throws {
        try migrate(connection)
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Checks that this program knows the tables, and brings older ones up to date.
    ///
    /// - Parameters:
    ///   - connection: the open database.
    ///   - adopts: whether tables without an id are accepted too.
    /// - Returns: the id of the database.
    /// - Throws: `AccountsError` if the tables are unknown, newer, or unprepared; `SQLiteError`.
    static func check(_ connection: Connection, adopts: Bool = false) throws -> String {
        let found = try current(connection)
        guard found > 0 else { throw AccountsError.damaged("the file is not of Countersign") }
        guard found <= version else { throw AccountsError.newer(version: found, known: version) }
        guard found >= firstSealed || adopts else { throw AccountsError.unprepared }
        if found < version { try migrate(connection) }
        return try id(connection)
    }

    /// The id of the database: 32 hexadecimal digits.
    static func id(_ connection: Connection) throws -> String {
        guard let id = try connection.first("SELECT id FROM identity", read: { $0.text(0) }), let id else {
            throw AccountsError.damaged("they have no id")
        }
        return id
    }

    /// Seals all rows as they stand if SQLite finds the file intact.
    ///
    /// Runs inside a transaction.
    static func sealAll(_ connection: Connection) throws {
        try checkIntegrity(connection)
        try Seal(id: id(connection)).all(in: connection)
    }

    private static func checkIntegrity(_ connection: Connection) throws {
        let faults = try connection.all("PRAGMA integrity_check(1)") { $0.text(0) ?? "" }
        guard faults == ["ok"] else { throw AccountsError.damaged(faults.first ?? "integrity_check says nothing") }
    }

    private static func current(_ connection: Connection) throws -> Int64 {
        try connection.first("PRAGMA user_version") { $0.integer(0) ?? 0 } ?? 0
    }

    private static func migrate(_ connection: Connection) throws {
        try connection.transaction(.immediate) {
            let found = try current(connection)
            guard found < version else { return }
            // A migration does not repair a broken seal: a row that is altered or lost before it stays so.
            let seal: Seal? = if found < firstSealed { nil } else { Seal(id: try id(connection)) }
            if seal != nil { try checkIntegrity(connection) }
            let altered = try seal?.altered(in: connection, version: found) ?? []
            for step in migrations.dropFirst(max(0, Int(found))) { try connection.execute(step) }
            if found < firstSealed { try connection.run("INSERT INTO identity (id) VALUES (?1)", newID()) }
            // New columns are sealed too. Rows from before there were seals are accepted as they are.
            if let seal {
                try seal.renew(in: connection, except: altered)
            } else if found > 0 {
                try sealAll(connection)
            }
            try connection.execute("PRAGMA user_version = \(version)")
        }
    }

    private static func newID() -> String {
        let digits = Array("0123456789abcdef")
        var random = SystemRandomNumberGenerator()
        return String((0..<32).map { _ in digits[Int.random(in: 0..<16, using: &random)] })
    }

    /// Version 1: a row for each known person.
    ///
    /// People with a factor are enrolled; `confirmed` means that one of their factors has succeeded. All times are in
    /// seconds since 1970; `last_spent` is a time step.
    private static let first = """
        CREATE TABLE accounts (
            name         TEXT    NOT NULL,
            uid          INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
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
            PRIMARY KEY (name, uid),
            CHECK ((secret IS NULL) = (algorithm IS NULL) AND (secret IS NULL) = (digits IS NULL) \
        AND (secret IS NULL) = (period IS NULL)),
            CHECK (secret IS NOT NULL OR last_spent IS NULL),
            CHECK (confirmed = 0 OR authy_id IS NOT NULL OR secret IS NOT NULL)
        ) STRICT, WITHOUT ROWID;

        -- Where and when a grace login was spent, for as long as others from there ride on it.
        CREATE TABLE grace (
            name  TEXT    NOT NULL,
            uid   INTEGER NOT NULL,
            place TEXT    NOT NULL,
            time  INTEGER NOT NULL,
            PRIMARY KEY (name, uid, place)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX grace_time ON grace (time);

        CREATE TABLE pushes (
            id      INTEGER PRIMARY KEY AUTOINCREMENT,
            name    TEXT    NOT NULL,
            uid     INTEGER NOT NULL,
            attempt TEXT    NOT NULL,
            place   TEXT    NOT NULL,
            time    INTEGER NOT NULL,
            state   TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'expired', \
        'cancelled')),
            ended   INTEGER
        ) STRICT;
        CREATE INDEX pushes_person ON pushes (name, uid, time);
        CREATE INDEX pushes_attempt ON pushes (attempt);
        CREATE INDEX pushes_time ON pushes (time);

        -- OneCodes that were asked for and not yet followed by a success.
        CREATE TABLE onecodes (
            id   INTEGER PRIMARY KEY,
            name TEXT    NOT NULL,
            uid  INTEGER NOT NULL,
            time INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX onecodes_person ON onecodes (name, uid, time);
        CREATE INDEX onecodes_time ON onecodes (time);

        -- Attempts that are decided.
        CREATE TABLE attempts (
            key     TEXT    PRIMARY KEY,
            time    INTEGER NOT NULL,
            outcome TEXT    NOT NULL CHECK (outcome IN ('approved', 'excused', 'denied', 'unavailable'))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX attempts_time ON attempts (time);

        -- In the order in which it happened, whatever the clock said.
        CREATE TABLE history (
            id      INTEGER PRIMARY KEY,
            time    INTEGER NOT NULL,
            user    TEXT    NOT NULL,
            service TEXT    NOT NULL,
            rhost   TEXT    NOT NULL,
            outcome TEXT    NOT NULL CHECK (outcome IN ('approved', 'excused', 'denied', 'unavailable')),
            reason  TEXT    NOT NULL,
            factor  TEXT,
            address TEXT    NOT NULL
        ) STRICT;
        CREATE INDEX history_user ON history (user);
        """

    /// Version 2: enrollment by the users themselves, and what an account stores beside its factors.
    private static let enrolment = """
        -- Whether the account ever had an AuthyID, and since when the person does without a factor.
        ALTER TABLE accounts ADD COLUMN had_authy_id INTEGER NOT NULL DEFAULT 0 CHECK (had_authy_id IN (0, 1));
        ALTER TABLE accounts ADD COLUMN opted_out INTEGER;
        ALTER TABLE accounts ADD COLUMN paused_until INTEGER;
        ALTER TABLE accounts ADD COLUMN paused_at INTEGER;
        ALTER TABLE accounts ADD COLUMN pause_reason TEXT;
        ALTER TABLE accounts ADD COLUMN prefers TEXT CHECK (prefers IN ('onetouch', 'softtoken', 'sms', 'call'));
        -- What the server last said, and when: the masked number, and whether a request can reach a device.
        ALTER TABLE accounts ADD COLUMN seen_phone TEXT;
        ALTER TABLE accounts ADD COLUMN seen_app INTEGER CHECK (seen_app IN (0, 1));
        ALTER TABLE accounts ADD COLUMN seen INTEGER;
        UPDATE accounts SET had_authy_id = 1 WHERE authy_id IS NOT NULL;
        CREATE INDEX accounts_authy_id ON accounts (authy_id) WHERE authy_id IS NOT NULL;

        -- As crypt(3) has them.
        CREATE TABLE recovery (
            id   INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT    NOT NULL,
            uid  INTEGER NOT NULL,
            hash TEXT    NOT NULL,
            used INTEGER
        ) STRICT;
        CREATE INDEX recovery_person ON recovery (name, uid);

        -- Logins in which a factor was proven: others like them are not asked for a while.
        CREATE TABLE remembered (
            name    TEXT    NOT NULL,
            uid     INTEGER NOT NULL,
            service TEXT    NOT NULL,
            address TEXT    NOT NULL,
            key     TEXT    NOT NULL,
            time    INTEGER NOT NULL,
            PRIMARY KEY (name, uid, service, address, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX remembered_time ON remembered (time);
        """

    /// Version 3: the seals that show that a row is lost or was changed; see `Seal`.
    private static let seals = """
        -- One row. What stands beside the settings names the same: accounts.db is then the one that belongs there.
        CREATE TABLE identity (id TEXT NOT NULL CHECK (length(id) = 32)) STRICT;
        ALTER TABLE accounts ADD COLUMN seal BLOB;
        -- Everybody who has a row in accounts, by a number that is made of name and uid. \
        With rowids, as accounts is without: a page of
        -- the one is never taken for a page of the other.
        CREATE TABLE members (id INTEGER PRIMARY KEY) STRICT;
        """

    /// Version 4: the counts of guesses at codes.
    ///
    /// The clocks are as `Instant` writes them.
    private static let guesses = """
        -- Locks since the last right code, and when the last of them was set.
        ALTER TABLE accounts ADD COLUMN locks INTEGER NOT NULL DEFAULT 0 CHECK (locks >= 0);
        ALTER TABLE accounts ADD COLUMN locked_clock TEXT;
        -- Wrong codes of a day, and when the day began.
        ALTER TABLE accounts ADD COLUMN day_failures INTEGER NOT NULL DEFAULT 0 CHECK (day_failures >= 0);
        ALTER TABLE accounts ADD COLUMN day_clock TEXT;
        -- Those that the person has not been told of.
        ALTER TABLE accounts ADD COLUMN wrong_codes INTEGER NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0);
        """

    /// Version 5: people who share a system account: the uid in the history, and labels for those with a key.
    private static let people = """
        ALTER TABLE history ADD COLUMN uid INTEGER CHECK (uid BETWEEN 0 AND 4294967295);
        ALTER TABLE accounts ADD COLUMN label TEXT;
        """
}

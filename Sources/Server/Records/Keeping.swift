internal import SQLite

extension SQLiteRecordStore {
    /// Copies the records into a new file that only this user can access, while other threads continue.
    ///
    /// - Parameter path: The path of the new file, in an existing folder.
    /// - Throws: `RecordStoreError.exists` if the path is taken; another `RecordStoreError` if the copy fails.
    public func backUp(to path: String) async throws {
        let (file, copy) = (file, try RecordFile(path))
        try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<Void, any Error>) in
            let thread = OwnThread {
                waiting.resume(with: Result { try Self.copy(file, to: copy) }.mapError(RecordStoreError.from))
            }
            if let thread { thread.detach() } else { waiting.resume(throwing: RecordStoreError.other("no thread")) }
        }
    }

    /// Makes a consistent copy of a records file that this process does not have open, with the tables it has.
    ///
    /// The tables are not migrated (SQLite: VACUUM INTO).
    ///
    /// - Parameters:
    ///   - path: The path of the records.
    ///   - other: The path of the new file.
    /// - Throws: `RecordStoreError.exists` if `other` is taken; another `RecordStoreError` if the copy fails.
    public static func copy(_ path: String, to other: String) throws {
        do { try copy(try RecordFile(path), to: try RecordFile(other)) } catch { throw RecordStoreError.from(error) }
    }

    private static func copy(_ file: RecordFile, to copy: RecordFile) throws {
        let connection = try file.connect(Connection.Options())
        try copy.make { draft in try connection.run("VACUUM INTO ?1", draft) }
    }

    /// Moves everything from the log into the database file, if no process has the records open.
    ///
    /// Without a log beside it, the file can be renamed (SQLite: PRAGMA wal_checkpoint).
    ///
    /// - Parameter path: The path of the records.
    /// - Throws: `RecordStoreError` if the file cannot be opened or written.
    public static func settle(path: String) throws {
        do { try RecordFile(path).connect(Connection.Options()).execute("PRAGMA wal_checkpoint(TRUNCATE)") } catch {
            throw RecordStoreError.from(error)
        }
    }

    /// Ends everything that is still open in an old copy of the records, before it replaces the present ones.
    ///
    /// What has become of these items since the copy is unknown. Enrollment links and phone checks are deleted,
    /// sent codes are voided, pending requests expire, unconfirmed phones are removed, and callbacks that are still due
    /// are marked as failed.
    ///
    /// - Parameters:
    ///   - path: The path of the old records. They are migrated if they have older tables.
    ///   - now: Unix time in seconds.
    ///   - timeStep: The TOTP time step (RFC 6238) of now; codes of this step and of all earlier ones count as used.
    /// - Throws: `RecordStoreError` if the records cannot be opened or written.
    public static func endWhatIsOpen(path: String, at now: Int64, timeStep: Int64) throws {
        do {
            let connection = try RecordFile(path).open(create: false, Connection.Options())
            try connection.transaction(.immediate) {
                try connection.run("DELETE FROM enrolments")
                try connection.run("DELETE FROM phone_checks")
                try connection.run(
                    "UPDATE approvals SET status = 'expired', updated = ?1 WHERE status = 'pending'", now)
                try connection.run(
                    "UPDATE approvals SET telling = \(Approval.CallbackState.failed.rawValue) WHERE telling = 1")
                try connection.run(
                    "UPDATE devices SET removed = ?1, confirmation = NULL WHERE confirmed IS NULL AND removed IS NULL",
                    now)
                try connection.run(
                    """
                    UPDATE members SET one_code = NULL, one_code_action = NULL, one_code_ends = NULL, \
                    one_code_spent = 0,
                        spent = max(coalesce(spent, ?1), ?1), generic_spent = max(coalesce(generic_spent, ?1), ?1)
                    """, timeStep)
            }
        } catch { throw RecordStoreError.from(error) }
    }

    /// The differences that a restore of older records would bring back.
    public struct Revival: Sendable {
        /// Phones that are active in the older records and not in the present ones; `id` is a lower-case UUID.
        public var phones: [(id: String, user: Int64, name: String)] = []
        /// API keys that are valid in the older records and not in the present ones; `hint` is the first four
        /// characters.
        public var keys: [(hint: String, application: Int64)] = []
        /// Callback URLs of the older records that differ from the present ones.
        public var callbacks: [(application: Int64, url: String)] = []
        /// The number of users who exist only in the older records.
        public var users = 0
        /// Users in both whose phone number differs.
        public var numbers: [Int64] = []
        /// Memberships that exist only in the older records, of users who are in both.
        public var members: [(application: Int64, user: Int64)] = []
        /// Members in both whose SoftToken secret or authenticator secret differs.
        public var secrets: [(application: Int64, user: Int64)] = []
        /// Applications that the user allowed in the older records and has refused or not allowed in the present ones.
        public var consents: [(application: Int64, user: Int64)] = []
        /// The number of users who have the same phone number and different e-mail addresses.
        public var emails = 0

        /// Whether the restore would bring back nothing.
        public var isEmpty: Bool {
            phones.isEmpty && keys.isEmpty && callbacks.isEmpty && users == 0 && numbers.isEmpty && members.isEmpty
                && secrets.isEmpty
                && consents.isEmpty && emails == 0
        }
    }

    /// Compares two records files, without the master key.
    ///
    /// - Parameters:
    ///   - path: The records that are to replace the present ones.
    ///   - other: The present records.
    ///   - now: Unix time in seconds, to tell which API keys are valid.
    /// - Returns: What is valid in the records at `path` and not, or no longer, in those at `other`.
    /// - Throws: `RecordStoreError` if one of the files cannot be read or is damaged.
    public static func revival(by path: String, over other: String, at now: Int64) throws -> Revival {
        do {
            for path in [path, other] {
                let file = try RecordFile(path)
                try file.secure()
                _ = try RecordSchema.check(try file.connect(Connection.Options()))
            }
            let connection = try RecordFile(path).connect(Connection.Options())
            try connection.run("ATTACH ?1 AS present", try RecordFile(other).path)
            var revival = Revival()
            try addPhonesAndApplications(to: &revival, connection, at: now)
            try addUsers(to: &revival, connection)
            return revival
        } catch { throw RecordStoreError.from(error) }
    }

    private static func addPhonesAndApplications(to revival: inout Revival, _ connection: Connection, at now: Int64)
        throws
    {
        revival.phones = try connection.all(
            """
            SELECT id, user, name FROM main.devices WHERE confirmed IS NOT NULL AND removed IS NULL
                AND id NOT IN (SELECT id FROM present.devices WHERE confirmed IS NOT NULL AND removed IS NULL)
            ORDER BY user, id
            """
        ) { (id: $0.text(0) ?? "", user: $0.integer(1) ?? 0, name: $0.text(2) ?? "") }
        func good(_ schema: String) -> String {
            """
            FROM \(schema).api_keys JOIN \(schema).applications ON applications.id = application
                WHERE revoked IS NULL AND (ends IS NULL OR ends > ?1)
            """
        }
        revival.keys = try connection.all(
            """
            SELECT hint, application \(good("main")) AND hash NOT IN (SELECT hash \(good("present")))
            ORDER BY application, hint
            """, now
        ) { (hint: $0.text(0) ?? "", application: $0.integer(1) ?? 0) }
        revival.callbacks = try connection.all(
            """
            SELECT id, old.url FROM main.applications AS old JOIN present.applications AS new USING (id)
            WHERE old.revoked IS NULL AND old.url IS NOT new.url AND old.url IS NOT NULL ORDER BY id
            """
        ) { (application: $0.integer(0) ?? 0, url: $0.text(1) ?? "") }
    }

    /// Compares sealed values as bytes: they are equal only if nobody has written them since, and the key is not
    /// needed.
    private static func addUsers(to revival: inout Revival, _ connection: Connection) throws {
        func count(_ from: String) throws -> Int {
            Int(try connection.first("SELECT count(*) " + from) { $0.integer(0) ?? 0 } ?? 0)
        }
        func members(_ from: String) throws -> [(application: Int64, user: Int64)] {
            try connection.all("SELECT application, user \(from) ORDER BY application, user") {
                ($0.integer(0) ?? 0, $0.integer(1) ?? 0)
            }
        }
        let both = "FROM main.users AS old JOIN present.users AS new USING (id)"
        revival.users = try count("FROM main.users WHERE id NOT IN (SELECT id FROM present.users)")
        revival.numbers = try connection.all("SELECT id \(both) WHERE old.phone_hash != new.phone_hash ORDER BY id") {
            $0.integer(0) ?? 0
        }
        revival.emails = try count("\(both) WHERE old.phone_hash = new.phone_hash AND old.contact != new.contact")
        revival.members = try members(
            """
            FROM main.members WHERE user IN (SELECT id FROM present.users)
                AND (application, user) NOT IN (SELECT application, user FROM present.members)
            """)
        revival.secrets = try members(
            """
            FROM main.members AS old JOIN present.members AS new USING (application, user)
                WHERE old.secret != new.secret OR old.generic_secret != new.generic_secret
            """)
        revival.consents = try members(
            """
            FROM main.members AS old JOIN present.members AS new USING (application, user)
                WHERE old.consented IS NOT NULL AND new.consented IS NULL
            """)
    }

    /// Checks a records file; the server may be running.
    ///
    /// - Parameter path: The path of the records.
    /// - Returns: One line for each finding; empty if the file is sound.
    /// - Throws: `RecordStoreError` if the file cannot be checked.
    public static func check(path: String) throws -> [String] {
        do {
            let file = try RecordFile(path)
            try file.secure()
            return try findings(try file.connect(Connection.Options()))
        } catch {
            let error = RecordStoreError.from(error)
            guard case RecordStoreError.damaged(let what) = error else { throw error }
            return [what]
        }
    }

    private static func findings(_ connection: Connection) throws -> [String] {
        _ = try RecordSchema.check(connection)
        return try connection.transaction(.deferred) {
            let pages = try connection.all("PRAGMA integrity_check") { $0.text(0) ?? "" }.filter { $0 != "ok" }
            let orphans = try connection.all(
                "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\""
            ) { row in
                "\(row.text(0) ?? ""): \(row.integer(1) ?? 0) rows belong to nothing"
            }
            let miscounted = try connection.all(
                """
                SELECT id FROM applications
                WHERE members != (SELECT count(*) FROM members WHERE members.application = applications.id)
                """
            ) { "application \($0.integer(0) ?? 0): its members are miscounted" }
            return pages + orphans + miscounted
        }
    }
}

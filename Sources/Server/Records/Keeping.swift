internal import SQLite

extension SQLiteRecordStore {
    public func backUp(to path: String) async throws {
        let (file, copy) = (file, try RecordFile(path))
        try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<Void, any Error>) in
            let thread = OwnThread {
                waiting.resume(with: Result { try Self.copy(file, to: copy) }.mapError(RecordStoreError.from))
            }
            if let thread { thread.detach() } else { waiting.resume(throwing: RecordStoreError.other("no thread")) }
        }
    }

    /// A consistent copy of records that this process has not open, with the tables that they have.
    public static func copy(_ path: String, to other: String) throws {
        do { try copy(try RecordFile(path), to: try RecordFile(other)) } catch { throw RecordStoreError.from(error) }
    }

    private static func copy(_ file: RecordFile, to copy: RecordFile) throws {
        let connection = try file.connect(Connection.Options())
        try copy.make { draft in try connection.run("VACUUM INTO ?1", draft) }
    }

    /// Leaves all of the records in the one file, if nobody has them open: without a log beside it, the file can be given another name.
    public static func settle(path: String) throws {
        do { try RecordFile(path).connect(Connection.Options()).execute("PRAGMA wal_checkpoint(TRUNCATE)") } catch {
            throw RecordStoreError.from(error)
        }
    }

    /// Ends what was open in old records that become the present ones again, since what became of it meanwhile is not known: links, codes that
    /// are out, requests, phones that are not confirmed, and decisions to be told.
    /// - Parameter timeStep: SoftTokens of it and of those before are spent.
    public static func endWhatIsOpen(path: String, at now: Int64, timeStep: Int64) throws {
        do {
            let connection = try RecordFile(path).open(create: false, Connection.Options())
            try connection.transaction(.immediate) {
                try connection.run("DELETE FROM enrolments")
                try connection.run("DELETE FROM phone_checks")
                try connection.run(
                    "UPDATE approvals SET status = 'expired', updated = ?1 WHERE status = 'pending'", now)
                try connection.run(
                    "UPDATE approvals SET telling = \(Approval.Telling.failed.rawValue) WHERE telling = 1")
                try connection.run(
                    "UPDATE devices SET removed = ?1, confirmation = NULL WHERE confirmed IS NULL AND removed IS NULL",
                    now)
                try connection.run(
                    """
                    UPDATE members SET one_code = NULL, one_code_action = NULL, one_code_ends = NULL, one_code_spent = 0,
                        spent = max(coalesce(spent, ?1), ?1), generic_spent = max(coalesce(generic_spent, ?1), ?1)
                    """, timeStep)
            }
        } catch { throw RecordStoreError.from(error) }
    }

    /// What is good in some records and is not, or no longer, in others.
    public struct Revival: Sendable {
        public var phones: [(id: String, user: Int64, name: String)] = []
        public var keys: [(hint: String, application: Int64)] = []
        public var callbacks: [(application: Int64, url: String)] = []
        public var users = 0
        /// Of users who are in both: whose phone number, and in which application they are, or have another secret.
        public var numbers: [Int64] = []
        public var members: [(application: Int64, user: Int64)] = []
        public var secrets: [(application: Int64, user: Int64)] = []
        /// Which applications may ask users again who had let them, and have refused them since.
        public var consents: [(application: Int64, user: Int64)] = []
        /// How many users have other e-mail addresses, and the same number.
        public var emails = 0

        public var isEmpty: Bool {
            phones.isEmpty && keys.isEmpty && callbacks.isEmpty && users == 0 && numbers.isEmpty && members.isEmpty
                && secrets.isEmpty
                && consents.isEmpty && emails == 0
        }
    }

    /// - Parameter path: of the records that are to take the place of those at `other`.
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

    /// What is sealed is the same only where nobody has written it since: it can be compared without the key.
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

    /// What is wrong with a file of records; nothing if it is sound. The server may be running.
    /// - Throws: `RecordStoreError`, if nothing can be said.
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

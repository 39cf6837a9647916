internal import SQLite

extension SQLiteRecordStore {
    public func backUp(to path: String) async throws {
        let (file, copy) = (file, try RecordFile(path))
        try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<Void, any Error>) in
            let thread = OwnThread { waiting.resume(with: Result { try Self.copy(file, to: copy) }.mapError(RecordStoreError.from)) }
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

    /// Ends what was open in old records that become the present ones again, since what became of it meanwhile is not known: links, codes that
    /// are out, requests, phones that are not confirmed, and decisions to be told.
    /// - Parameter timeStep: SoftTokens of it and of those before are spent.
    public static func endWhatIsOpen(path: String, at now: Int64, timeStep: Int64) throws {
        do {
            let connection = try RecordFile(path).open(create: false, Connection.Options())
            try connection.transaction(.immediate) {
                try connection.run("DELETE FROM enrolments")
                try connection.run("DELETE FROM phone_checks")
                try connection.run("UPDATE approvals SET status = 'expired', updated = ?1 WHERE status = 'pending'", now)
                try connection.run("UPDATE approvals SET telling = \(Approval.Telling.failed.rawValue) WHERE telling = 1")
                try connection.run("UPDATE devices SET removed = ?1, confirmation = NULL WHERE confirmed IS NULL AND removed IS NULL", now)
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
        public var users = 0
        public var isEmpty: Bool { phones.isEmpty && keys.isEmpty && users == 0 }
    }

    /// - Parameter path: of the records that are to take the place of those at `other`.
    public static func revival(by path: String, over other: String, at now: Int64) throws -> Revival {
        do {
            let (old, new) = (try Good(path, at: now), try Good(other, at: now))
            var revival = Revival()
            revival.phones = old.phones.filter { new.phones[$0.key] == nil }.map { (id: $0.key, user: $0.value.0, name: $0.value.1) }
            revival.phones.sort { ($0.user, $0.id) < ($1.user, $1.id) }
            revival.keys = old.keys.filter { new.keys[$0.key] == nil }.map(\.value).sorted { $0 < $1 }.map {
                (hint: $0.1, application: $0.0)
            }
            revival.users = old.users.subtracting(new.users).count
            return revival
        } catch { throw RecordStoreError.from(error) }
    }

    private struct Good {
        var phones: [String: (Int64, String)] = [:]
        var keys: [[UInt8]: (Int64, String)] = [:]
        var users: Set<Int64> = []

        init(_ path: String, at now: Int64) throws {
            let file = try RecordFile(path)
            try file.secure()
            let connection = try file.connect(Connection.Options())
            _ = try RecordSchema.check(connection)
            for (id, user, name) in try connection.all(
                "SELECT id, user, name FROM devices WHERE confirmed IS NOT NULL AND removed IS NULL",
                read: { ($0.text(0) ?? "", $0.integer(1) ?? 0, $0.text(2) ?? "") })
            {
                phones[id] = (user, name)
            }
            for (hash, application, hint) in try connection.all(
                """
                SELECT hash, application, hint FROM api_keys JOIN applications ON applications.id = application
                WHERE revoked IS NULL AND (ends IS NULL OR ends > ?1)
                """, now, read: { ($0.blob(0) ?? [], $0.integer(1) ?? 0, $0.text(2) ?? "") })
            {
                keys[hash] = (application, hint)
            }
            users = Set(try connection.all("SELECT id FROM users") { $0.integer(0) ?? 0 })
        }
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
            let orphans = try connection.all("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\"") { row in
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

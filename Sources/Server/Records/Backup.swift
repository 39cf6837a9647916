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
                try connection.run("DELETE FROM host_invitations WHERE status = 'open'")
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

internal import SQLite

extension SQLiteRecordStore {
    public func backUp(to path: String) async throws {
        let (file, copy) = (file, try RecordFile(path))
        try await withCheckedThrowingContinuation { (waiting: CheckedContinuation<Void, any Error>) in
            let thread = OwnThread { waiting.resume(with: Result { try Self.copy(file, to: copy) }.mapError(RecordStoreError.from)) }
            if let thread { thread.detach() } else { waiting.resume(throwing: RecordStoreError.other("no thread")) }
        }
    }

    private static func copy(_ file: RecordFile, to copy: RecordFile) throws {
        let connection = try file.connect(Connection.Options())
        try copy.make { draft in try connection.run("VACUUM INTO ?1", draft) }
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

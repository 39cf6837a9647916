internal import Glibc
internal import Identifiers
internal import SQLite

/// What a file with accounts holds, for the administrator to decide.
public struct AccountsSummary: Equatable, Sendable {
    /// The id of the database: 32 hexadecimal digits.
    public let id: String
    /// The number of rows.
    public let accounts: Int64
    /// When its last login was decided, in seconds since 1970; nil if there is none.
    public let lastLogin: Int64?
    /// SHA-256 of the bytes that were read: 64 hexadecimal digits.
    public let digest: String
}

extension Accounts {
    /// Writes a consistent copy of the accounts to a descriptor while logins go on.
    ///
    /// - Parameters:
    ///   - path: the path of the accounts.
    ///   - id: the id that they must have.
    ///   - output: a descriptor for the bytes.
    /// - Throws: `AccountsError` if the accounts are missing, unsafe, other ones, or damaged, so that no bad copy
    ///   replaces a good one; `SQLiteError`.
    public static func backUp(path: String, id: String, to output: CInt) throws {
        let file = try StateFile(path)
        try file.alone {
            file.removeDrafts()
            guard try file.secure() else { throw AccountsError.lost(path) }
            let draft = try file.newDraft()
            defer { StateFile.remove(draft) }
            try file.open(busyTimeout: 60_000).run("VACUUM INTO ?1", draft)
            let found = try examine(draft, digest: "", adopts: false).id
            guard found == id else { throw AccountsError.other(path, id: found) }
            try StateFile.send(draft, to: output)
        }
    }

    /// Examines a backup.
    ///
    /// - Parameters:
    ///   - bytes: a descriptor to read the backup from.
    ///   - path: the path of the accounts; the backup is copied into their folder meanwhile.
    ///   - adopts: whether a backup without an id is accepted as well, and rows that are not as they were written.
    /// - Returns: what the backup holds.
    /// - Throws: `AccountsError` if it is not a backup, damaged or newer, or if the folder cannot be used;
    ///   `SQLiteError`.
    public static func summary(of bytes: CInt, beside path: String, adopts: Bool) throws -> AccountsSummary {
        let file = try StateFile(path)
        return try file.alone {
            file.removeDrafts()
            let (draft, digest) = try file.newDraft(from: bytes)
            defer { StateFile.remove(draft) }
            return try examine(draft, digest: digest, adopts: adopts)
        }
    }

    /// The result of a restore.
    public struct RestoreResult: Equatable, Sendable {
        /// What the backup holds.
        public let summary: AccountsSummary
        /// The path under which the previous accounts are kept; nil if there were none.
        public let kept: String?
    }

    /// Puts a backup in place of the accounts while logins go on: each login sees the old accounts or the new ones.
    ///
    /// Approval requests, OneCodes, attempts and remembered logins of the backup are deleted, since their outcome is
    /// not known, and codes up to this moment are spent.
    ///
    /// - Parameters:
    ///   - bytes: a descriptor to read the backup from.
    ///   - path: the path of the accounts.
    ///   - digest: the digest from the `summary` of the backup that is meant.
    ///   - adopts: as for `summary`.
    ///   - stamp: the end of the name under which the previous accounts are kept.
    ///   - now: seconds since 1970.
    /// - Returns: what was restored, and where the previous accounts are.
    /// - Throws: `AccountsError.exchanged` if the digest of the bytes differs, and the errors of `summary`.
    public static func restore(
        _ bytes: CInt, path: String, digest: String, adopts: Bool, stamp: String, now: Int64
    ) throws -> RestoreResult {
        let file = try StateFile(path)
        return try file.alone {
            file.removeDrafts()
            let (draft, found) = try file.newDraft(from: bytes)
            defer { StateFile.remove(draft) }
            guard found == digest else { throw AccountsError.exchanged }
            let summary = try examine(draft, digest: digest, adopts: adopts)
            try endWhatIsOpen(draft, now: now)
            let previous = try file.preserve(as: "\(path).before-\(stamp)")
            switch previous {
            case .copied(let name):
                try Connection(path: draft).copy(into: file.open(busyTimeout: 60_000))
                return RestoreResult(summary: summary, kept: name)
            case .moved(let name):
                try file.moveIntoPlace(draft)
                return RestoreResult(summary: summary, kept: name)
            case .nothing:
                try file.moveIntoPlace(draft)
                return RestoreResult(summary: summary, kept: nil)
            }
        }
    }

    /// Reads a backup; throws if it is not accounts, or if they are not as they were written.
    private static func examine(_ draft: String, digest: String, adopts: Bool) throws -> AccountsSummary {
        let connection: Connection
        do {
            connection = try Connection(path: draft)
        } catch let error as SQLiteError where error.isNoDatabase {
            throw AccountsError.notABackup
        }
        let found = try connection.first("PRAGMA user_version") { $0.integer(0) } ?? nil
        let isOurs = try connection.first("SELECT 1 FROM sqlite_schema WHERE name = 'accounts'") { _ in true } ?? false
        guard isOurs, found ?? 0 > 0 else { throw AccountsError.notABackup }
        let faults = try connection.all("PRAGMA integrity_check(1)") { $0.text(0) ?? "" }
        guard faults == ["ok"] else { throw AccountsError.damaged(faults.first ?? "integrity_check says nothing") }
        let id = try Schema.check(connection, adopts: adopts)
        if adopts { try connection.transaction(.immediate) { try Schema.sealAll(connection) } }
        let damage = try Seal(id: id).damage(in: connection)
        guard damage == Damage() else {
            throw AccountsError.damaged("\(damage.altered.count) not as they were written, \(damage.lost) lost")
        }
        let count = try connection.first("SELECT count(*) FROM accounts") { $0.integer(0) } ?? nil
        let last = try connection.first("SELECT max(time) FROM history") { $0.integer(0) } ?? nil
        return AccountsSummary(id: id, accounts: count ?? 0, lastLogin: last, digest: digest)
    }

    private static func endWhatIsOpen(_ draft: String, now: Int64) throws {
        let connection = try Connection(path: draft)
        try connection.transaction(.immediate) {
            for table in ["pushes", "onecodes", "attempts", "remembered"] { try connection.run("DELETE FROM \(table)") }
            // One step more, as a phone's clock may be ahead.
            try connection.run(
                """
                UPDATE accounts SET last_spent = max(coalesce(last_spent, 0), ?1 / period + 1) \
                WHERE secret IS NOT NULL
                """, now)
            try Seal(id: Schema.id(connection)).all(in: connection)
        }
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
}

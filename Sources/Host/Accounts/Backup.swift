internal import Glibc
internal import Identifiers
internal import SQLite

/// What a file with accounts holds, for whoever has to decide on it.
public struct AccountsSummary: Equatable, Sendable {
    public let id: String
    public let accounts: Int64
    /// When the last login was decided that it knows of, in seconds since 1970; nil for none.
    public let lastLogin: Int64?
    /// Of the file's bytes, as they were read: SHA-256, 64 hexadecimal digits.
    public let digest: String
}

extension Accounts {
    /// Writes a consistent copy of the accounts, while logins go on, and hands its bytes over.
    /// - Parameters:
    ///   - id: the one that they must have.
    ///   - output: a descriptor that takes the bytes.
    /// - Throws: also where the accounts are damaged: such a copy must not take the place of a good one.
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

    /// Looks at a backup.
    /// - Parameters:
    ///   - bytes: a descriptor that it is read from.
    ///   - path: of the accounts, beside which it lies meanwhile.
    ///   - adopts: whether one without an id is taken too, and rows that are not as they were written.
    public static func summary(of bytes: CInt, beside path: String, adopts: Bool) throws -> AccountsSummary {
        let file = try StateFile(path)
        return try file.alone {
            file.removeDrafts()
            let (draft, digest) = try file.newDraft(from: bytes)
            defer { StateFile.remove(draft) }
            return try examine(draft, digest: digest, adopts: adopts)
        }
    }

    /// What became of a restore.
    public struct Restored: Equatable, Sendable {
        public let summary: AccountsSummary
        /// Where the accounts are that there were before; nil where there were none.
        public let kept: String?
    }

    /// Puts a backup in place of the accounts, while logins go on: each of them sees the ones or the others. What was open in the backup is
    /// ended, since what became of it is not known: approval requests, OneCodes, remembered logins; codes of this moment and before are spent.
    /// - Parameters:
    ///   - bytes: a descriptor that the backup is read from.
    ///   - path: of the accounts.
    ///   - digest: what `summary` said of the backup that is meant.
    ///   - adopts: as for `summary`.
    ///   - stamp: what the accounts that there were are named by.
    ///   - now: seconds since 1970.
    /// - Throws: `AccountsError.exchanged` where the bytes are others than those that `summary` has seen; as `summary` does otherwise.
    public static func restore(
        _ bytes: CInt, path: String, digest: String, adopts: Bool, stamp: String, now: Int64
    ) throws -> Restored {
        let file = try StateFile(path)
        return try file.alone {
            file.removeDrafts()
            let (draft, found) = try file.newDraft(from: bytes)
            defer { StateFile.remove(draft) }
            guard found == digest else { throw AccountsError.exchanged }
            let summary = try examine(draft, digest: digest, adopts: adopts)
            try endWhatIsOpen(draft, now: now)
            let kept = try file.keep(as: "\(path).before-\(stamp)")
            switch kept {
            case .copied(let name):
                try Connection(path: draft).copy(into: file.open(busyTimeout: 60_000))
                return Restored(summary: summary, kept: name)
            case .moved(let name):
                try file.take(draft)
                return Restored(summary: summary, kept: name)
            case .nothing:
                try file.take(draft)
                return Restored(summary: summary, kept: nil)
            }
        }
    }

    /// - Throws: where it is not accounts, or not as they were written.
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
                "UPDATE accounts SET last_spent = max(coalesce(last_spent, 0), ?1 / period + 1) WHERE secret IS NOT NULL",
                now)
            try Seal(id: Schema.id(connection)).all(in: connection)
        }
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
}

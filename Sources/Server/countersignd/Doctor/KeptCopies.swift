internal import CommandSupport
internal import Encoding
internal import Records

/// What the database remembers of the copies that were made of it, and of its master key.
///
/// A copy that was made by other means is not known here. The records are values of the database: they are written
/// after the copy is complete, so that a copy does not contain its own record.
enum KeptCopies {
    private static let backupName = "last_backup"
    private static let keyName = "master_key_saved"
    private static let day: Int64 = 86_400
    /// Age of a backup, in days, from which it is a warning.
    private static let oldBackup: Int64 = 8
    /// The bytes of a wrapped data key that identify its master key.
    private static let nameSize = 8

    /// Records that a backup is complete.
    static func recordBackup(in store: SQLiteRecordStore, at now: Int64) async throws {
        try await store.write { try $0.setValue(backupName, to: Array(String(now).utf8)) }
    }

    /// Records that a copy of the present master key was seen elsewhere.
    static func recordKey(in store: SQLiteRecordStore, at now: Int64) async throws {
        try await store.write { records in
            let wrapped = try records.value(ServerContext.dataKey) ?? []
            try records.setValue(keyName, to: Array("\(now) \(name(wrapped))".utf8))
        }
    }

    /// What the doctor says of both.
    static func findings(in store: SQLiteRecordStore, masterKey: String, at now: Int64) async throws -> [DoctorFinding]
    {
        try await store.read { records in
            let text = { (name: String) in try records.value(name).map { String(decoding: $0, as: UTF8.self) } }
            return [
                backup(try text(backupName), at: now),
                key(try text(keyName), wrapped: try records.value(ServerContext.dataKey) ?? [], file: masterKey),
            ]
        }
    }

    private static func backup(_ text: String?, at now: Int64) -> DoctorFinding {
        let hint = "countersignd backup FILE each night, and take FILE to another machine"
        guard let made = text.flatMap({ Int64($0) }) else {
            return .warning("backup", "none was made by countersignd backup", hint: hint)
        }
        let age = "the last one was made \(Timestamp.age(made, now: now))"
        if now - made > oldBackup * day { return .warning("backup", age, hint: hint) }
        return .ok("backup", age)
    }

    private static func key(_ text: String?, wrapped: [UInt8], file: String) -> DoctorFinding {
        let parts = (text ?? "").split(separator: " ")
        let hint =
            "copy \(file) to another place, apart from the backups, and name the copy: countersignd key saved COPY"
        guard parts.count == 2, let seen = Int64(parts[0]) else {
            return .warning("master key", "no copy of it is known, and without it no backup can be read", hint: hint)
        }
        guard parts[1] == name(wrapped) else {
            return .warning("master key", "the copy that is known is of an earlier key", hint: hint)
        }
        return .ok("master key", "a copy was seen at \(Timestamp.utc(seen))")
    }

    private static func name(_ wrapped: [UInt8]) -> String { Hexadecimal.encode(Array(wrapped.prefix(nameSize))) }
}

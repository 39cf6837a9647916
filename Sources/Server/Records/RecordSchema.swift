internal import SQLite

/// The tables, as a list of migrations.
///
/// The file's `user_version` is the number of migrations that it has seen; 0 is a file that is not ours.
enum RecordSchema {
    /// Migrations are only ever appended.
    static let migrations = [
        first, second, third, fourth, consent, wrongCodesOfApplications, linksOfPhones, hostInvitations,
    ]
    static let version = Int64(migrations.count)
    /// The ASCII letters `Csgd`, by which file(1) recognizes the file.
    static let applicationID: Int64 = 0x4373_6764

    /// Fills an empty database, and writes all of it into the one file, on the disk.
    static func create(_ connection: Connection) throws {
        try connection.execute("PRAGMA application_id = \(applicationID)")
        try migrate(connection)
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// Checks that this program knows the tables.
    ///
    /// - Returns: The version of the file, which may be older than `version`.
    /// - Throws: `RecordStoreError.damaged` for a file that is not ours, `.newer` for a later version.
    static func check(_ connection: Connection) throws -> Int64 {
        let found = try number("user_version", of: connection)
        guard try number("application_id", of: connection) == applicationID, found > 0 else {
            throw RecordStoreError.damaged("the file is not of countersignd")
        }
        guard found <= version else { throw RecordStoreError.newer(version: found, known: version) }
        return found
    }

    /// Brings older tables up to date in one transaction.
    static func migrate(_ connection: Connection) throws {
        try connection.transaction(.immediate) {
            for step in migrations.dropFirst(max(0, Int(try number("user_version", of: connection)))) {
                try connection.execute(step)
            }
            try connection.execute("PRAGMA user_version = \(version)")
        }
    }

    private static func number(_ pragma: String, of connection: Connection) throws -> Int64 {
        try connection.first("PRAGMA \(pragma)") { $0.integer(0) ?? 0 } ?? 0
    }

}

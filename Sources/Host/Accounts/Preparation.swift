internal import SQLite

extension Accounts {
    /// What there is at a path.
    public enum ExistingFile: Equatable, Sendable {
        case nothing
        /// Accounts of an earlier version, which have no id.
        case unprepared
        case accounts(id: String)
    }

    /// What `prepare` did.
    public enum Preparation: Equatable, Sendable {
        case made(id: String)
        /// Accounts of an earlier version have an id and seals now.
        case adopted(id: String)
        /// There were accounts, which are unchanged.
        case found(id: String)
    }

    /// Looks for accounts, and changes nothing but the version of their tables.
    ///
    /// - Parameter path: the path of the accounts.
    /// - Returns: what there is.
    /// - Throws: `AccountsError` if accounts could not be opened there, or are not those of Countersign; `SQLiteError`.
    public static func existingFile(at path: String) throws -> ExistingFile {
        let file = try StateFile(path)
        do {
            guard try file.secure() else { return .nothing }
        } catch AccountsError.missing {
            return .nothing
        }
        let connection = try file.open(busyTimeout: 5000)
        do {
            return .accounts(id: try Schema.check(connection))
        } catch AccountsError.unprepared {
            return .unprepared
        }
    }

    /// Creates the accounts if there are none, and brings those of an earlier version up to date.
    ///
    /// It can be run any number of times and be stopped at any point. Files left by killed runs are removed. It creates
    /// a missing file anew: the caller must know that there never was one.
    ///
    /// - Parameter path: the path of the accounts.
    /// - Returns: what was done, with the id of the accounts.
    /// - Throws: `AccountsError` if the folder or the file cannot be used, or is damaged or newer; `SQLiteError`.
    public static func prepare(path: String) throws -> Preparation {
        let file = try StateFile(path)
        return try file.alone {
            file.removeDrafts()
            guard try file.secure() else {
                try file.create()
                return .made(id: try Schema.check(file.open(busyTimeout: 5000)))
            }
            let connection = try file.open(busyTimeout: 5000)
            do {
                return .found(id: try Schema.check(connection))
            } catch AccountsError.unprepared {
                return .adopted(id: try Schema.check(connection, adopts: true))
            }
        }
    }

    /// Does the same for existing accounts, and accepts every row as it stands, even one that was changed in the file.
    ///
    /// - Parameter path: the path of the accounts.
    /// - Returns: the id of the accounts.
    /// - Throws: `AccountsError.lost` if there is no file, and the errors of `prepare`.
    public static func adopt(path: String) throws -> String {
        let file = try StateFile(path)
        return try file.alone {
            guard try file.secure() else { throw AccountsError.lost(path) }
            let connection = try file.open(busyTimeout: 5000)
            let id = try Schema.check(connection, adopts: true)
            try connection.transaction(.immediate) { try Schema.sealAll(connection) }
            return id
        }
    }
}

internal import SQLite

extension Accounts {
    /// What there is at a path.
    public enum Found: Equatable, Sendable {
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
        /// There were accounts, which are as they were.
        case found(id: String)
    }

    /// Looks, and changes nothing.
    /// - Throws: `AccountsError` where accounts could not be opened here, or are not Countersign's.
    public static func look(at path: String) throws -> Found {
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

    /// Makes the accounts where there are none, and brings those of an earlier version up to date. Run any number of times, and ended at any
    /// point, it comes to the same. What killed ones left is removed.
    ///
    /// It makes a missing file anew: that there never was one is for the caller to know.
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

    /// As `prepare`, for accounts that are there, and takes every row as it stands, also those that were changed in the file.
    /// - Returns: the id.
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

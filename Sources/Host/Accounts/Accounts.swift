internal import SQLite

/// The reasons that the accounts cannot be used.
///
/// Each of these denies a login, and so does a `SQLiteError`.
public enum AccountsError: Error, Equatable, CustomStringConvertible {
    /// The folder is missing.
    case missing(String)
    /// The file is missing although accounts were made there: a volume is not mounted, or the file was removed.
    case lost(String)
    /// The file is not the one that belongs there: its id differs.
    case other(String, id: String)
    /// An earlier version of Countersign wrote the file, and `prepare` has not run since.
    case unprepared
    /// The row of a person is lost, or is not as it was written.
    case altered(String, uid: UInt32)
    /// The file or its folder cannot be used: others may read or change it, it is not a regular file, or the system
    /// refuses.
    case file(String, why: String)
    /// The file is not what was left there.
    ///
    /// It is never created anew: that would forget who must show a factor.
    case damaged(String)
    /// A later version of Countersign wrote the file.
    case newer(version: Int64, known: Int64)
    /// The file is not a backup of accounts.
    case notABackup
    /// The backup is not the one that was examined: its file was written to in between.
    case exchanged
    /// An argument that makes no sense.
    case invalid(String)

    /// A message for the administrator, with what to do if that is known.
    public var description: String {
        switch self {
        case .missing(let path): "\(path): missing"
        case .lost(let path):
            """
            \(path): missing, though it was made; mount what it lies on, or restore a backup (countersign restore), \
            and nobody is asked anew
            """
        case .other(let path, let id):
            "\(path): not the accounts that belong here, but those with the id \(id); put the right ones back"
        case .unprepared: "the accounts are of an earlier version; run `countersign init` as root"
        case .altered(let name, let uid):
            "the account of \(name) (uid \(uid)) is lost or was changed in the file; restore a backup"
        case .file(let path, let why): "\(path): \(why)"
        case .damaged(let what): "accounts damaged: \(what)"
        case .newer(let version, let known): "accounts are of version \(version), this program knows \(known)"
        case .notABackup: "no backup of accounts"
        case .exchanged: "the file was changed while this ran: nothing was restored"
        case .invalid(let what): "invalid \(what)"
        }
    }
}

/// The factors of the users and what their logins used up, in one SQLite file that any number of processes open at
/// once.
///
/// A person is a name and a uid, and a key where several people share a system account: a name that came back with
/// another uid has no account. `id(of:)` finds the row of a `Person`. Every method is one short transaction and leaves
/// none open. All may throw `SQLiteError` or `AccountsError`, and have written nothing then. `now` is in seconds since
/// 1970 and may jump: see `TimeWindow`. An instance belongs to one thread.
public final class Accounts {
    /// When a write must be on the disk.
    ///
    /// All other processes see it as soon as the method returns.
    enum Durability: String {
        /// Before the method returns.
        case now = "PRAGMA synchronous = FULL"
        /// With the next write that is durable at once, since both go to one WAL, in order.
        ///
        /// Only a crash of the machine before that undoes the write, and it also ends the login that was charged.
        case withNext = "PRAGMA synchronous = NORMAL"
    }

    let connection: Connection
    let seal: Seal
    private var durability: Durability?
    /// The number of history rows that are kept: the newest ones, whatever their time, so that a clock that jumps ahead
    /// loses none.
    var historyRows: Int64 = 100_000
    /// A clock that does not jump; nil if the caller has none.
    public var bootTime: (@Sendable () -> Instant.BootTime?)?

    /// Opens what `prepare` has made; nothing is created here.
    ///
    /// - Parameters:
    ///   - path: the file, in a folder that only its owner may change; "-wal" and "-shm" behind it name two more files.
    ///   - id: the id that the database must have, as `prepare` returned it.
    ///   - busyTimeout: the least time to wait for writes of other processes, in milliseconds.
    ///   - waitsUntil: the time until which to wait, if that is later, in milliseconds since the machine started
    ///     (CLOCK_BOOTTIME).
    /// - Throws: `AccountsError` if the file is missing, unsafe, damaged, unprepared, newer, or another one;
    ///   `SQLiteError`.
    public init(path: String, id: String, busyTimeout: Int32 = 5000, waitsUntil: Int64? = nil) throws {
        let file = try StateFile(path)
        do {
            guard try file.secure() else { throw AccountsError.lost(path) }
        } catch AccountsError.missing {
            throw AccountsError.lost(path)
        }
        connection = try file.open(busyTimeout: busyTimeout, waitsUntil: waitsUntil)
        let found = try Schema.check(connection)
        guard found == id else { throw AccountsError.other(path, id: found) }
        seal = Seal(id: id)
    }

    /// Runs `body` in a transaction of its own that holds the write lock from its beginning.
    func write<T>(_ durability: Durability, _ body: () throws -> T) throws -> T {
        if self.durability != durability { try connection.execute(durability.rawValue) }
        self.durability = durability
        return try connection.transaction(.immediate, body)
    }
}

/// A proof that does not hold: the transaction is rolled back.
private struct RejectedProofError: Error {}

extension Accounts {
    /// Like `write`, for a proof that may not hold: returns false then, and nothing was written.
    func writeIfProven(_ durability: Durability, _ body: () throws -> Bool) throws -> Bool {
        do {
            try write(durability) { if try !body() { throw RejectedProofError() } }
            return true
        } catch is RejectedProofError {
            return false
        }
    }
}

extension Int64 {
    /// The sum, or the nearest number that fits.
    func adding(_ seconds: Int) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(Int64(seconds))
        guard overflow else { return sum }
        return if seconds < 0 { .min } else { .max }
    }
}

/// The times that count as within the last `seconds`.
///
/// A process reads its clock before it waits for the lock, so the rows of another one may lie a little in the future:
/// these count as now. Rows further in the future were written while the clock was wrong, and do not count.
struct TimeWindow {
    /// Seconds into the future that count as now.
    static let skew = 60
    /// The last time that is too old.
    let after: Int64
    /// The last time that counts.
    let until: Int64

    init(_ seconds: Int, before now: Int64) {
        after = now.adding(-seconds)
        until = now.adding(Self.skew)
    }

    func contains(_ time: Int64) -> Bool { time > after && time <= until }
}

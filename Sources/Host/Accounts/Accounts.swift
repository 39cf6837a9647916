internal import SQLite

/// Why the accounts cannot be used. Each of these denies a login, as does a `SQLiteError`.
public enum AccountsError: Error, Equatable, CustomStringConvertible {
    /// There is no such folder.
    case missing(String)
    /// The file is gone, though accounts were made there: a volume that is not mounted, or a file that was removed.
    case lost(String)
    /// The file is not the one that belongs there.
    case other(String, id: String)
    /// An earlier version of Countersign wrote the file, and `prepare` has not been at it.
    case unprepared
    /// Somebody's row is lost, or not as it was written.
    case altered(String, uid: UInt32)
    /// The file or its folder cannot be used: somebody else may read or change it, it is no regular file, or the system refuses.
    case file(String, why: String)
    /// The file is not what was left there. It is never made anew: that would forget who must show a factor.
    case damaged(String)
    /// A later version of Countersign wrote the file.
    case newer(version: Int64, known: Int64)
    /// What should be a backup of accounts is something else.
    case notABackup
    /// The backup is not the one that was looked at: its file was written to meanwhile.
    case exchanged
    /// The caller asked for what makes no sense.
    case invalid(String)

    public var description: String {
        switch self {
        case .missing(let path): "\(path): missing"
        case .lost(let path):
            "\(path): missing, though it was made; mount what it lies on, or restore a backup (countersign restore), and nobody is asked anew"
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

/// The users' factors and what their logins used up, in one SQLite file that any number of processes open at once.
///
/// A person is a name and a uid: a name that came back with another uid has no account. Nothing is stored but for a `Person`.
/// Every method is one short transaction and leaves none open. All may throw `SQLiteError` or `AccountsError`; nothing was written then.
/// `now` is in seconds since 1970 and may jump: see `Window`. One instance belongs to one thread.
public final class Accounts {
    /// When a write must be on the disk. All of them are visible to every other process as soon as the method returns.
    enum Durability: String {
        /// Before the method returns.
        case now = "PRAGMA synchronous = FULL"
        /// With the next write that is durable at once, since both go to one WAL, in order. Only a crash of the whole machine
        /// before that undoes it, which also ends the login that it was a charge for.
        case withNext = "PRAGMA synchronous = NORMAL"
    }

    let connection: Connection
    let seal: Seal
    private var durability: Durability?
    /// How many rows of history are kept: the newest ones, whatever their time, so that a clock that jumps ahead loses none.
    var historyRows: Int64 = 100_000
    /// A clock that does not jump, for whoever has one.
    public var steady: (@Sendable () -> Instant.Steady?)?

    /// Opens what `prepare` has made. Nothing is ever made here.
    /// - Parameters:
    ///   - path: of the file, in a folder that only its owner may change; "-wal" and "-shm" are put behind it for two more.
    ///   - id: the one that the database must have, as `prepare` gave it.
    ///   - busyTimeout: how long to wait for other processes' writes at least, in milliseconds.
    ///   - waitsUntil: until when they are waited for, if that is later; in milliseconds since the machine started (CLOCK_BOOTTIME).
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

/// Undoes a transaction whose proof does not hold.
private struct Unproven: Error {}

extension Accounts {
    /// As `write`, for what may turn out not to hold: false then, and nothing was written.
    func writeIfProven(_ durability: Durability, _ body: () throws -> Bool) throws -> Bool {
        do {
            try write(durability) { if try !body() { throw Unproven() } }
            return true
        } catch is Unproven {
            return false
        }
    }
}

extension Int64 {
    /// The sum, or the nearest number that there is.
    func adding(_ seconds: Int) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(Int64(seconds))
        return overflow ? (seconds < 0 ? .min : .max) : sum
    }
}

/// The times that count as within the last `seconds`.
///
/// A process reads its clock before it waits for the lock, so what another one wrote may lie a little in the future: it counts as now.
/// What lies further in the future was written while the clock was wrong, and does not count.
struct Window {
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

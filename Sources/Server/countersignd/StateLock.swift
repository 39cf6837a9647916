internal import CommandSupport
internal import Glibc

/// A lock on the state directory, held until the object is released.
///
/// The server and the commands share one lock, which `restore` takes exclusively. A second lock allows one server only.
final class StateLock: Sendable {
    private let descriptor: Int32

    /// Takes the shared lock.
    convenience init(using folder: String) throws {
        let taken = CommandError(
            "a backup is just being put in place of this database", hint: "try again when restore is done")
        try self.init(Self.file(folder), O_RDWR | O_CREAT, LOCK_SH, taken)
    }

    /// Takes the same lock exclusively.
    convenience init(aloneWith folder: String) throws {
        let taken = CommandError(
            "a server or another command uses this database", hint: "stop it first: systemctl stop countersignd")
        try self.init(Self.file(folder), O_RDWR | O_CREAT, LOCK_EX, taken)
    }

    /// Takes the lock of the running server, on a file of its own.
    ///
    /// The directory itself is not locked: every user who may read it could lock it, and so keep the server from
    /// starting.
    convenience init(serving folder: String) throws {
        let taken = CommandError(
            "a countersignd is running already on this database",
            hint: "systemctl status countersignd shows it; another server takes a state folder and addresses of its own"
        )
        try self.init(folder + "/countersignd.server.lock", O_RDWR | O_CREAT, LOCK_EX, taken)
    }

    static func file(_ folder: String) -> String { folder + "/countersignd.lock" }

    private init(_ path: String, _ flags: Int32, _ lock: Int32, _ taken: CommandError) throws {
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandError("\(path) cannot be opened: \(systemReason())")
        }
        if flock(descriptor, lock | LOCK_NB) == 0 { return }
        let (why, error) = (systemReason(), errno)
        // All is set: deinit closes the descriptor.
        guard error != EWOULDBLOCK else { throw taken }
        throw CommandError("\(path) cannot be locked: \(why)")
    }

    deinit { close(descriptor) }
}

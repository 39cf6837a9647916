internal import SQLite

/// The reason why the records cannot be used.
///
/// It contains no record, code or phone number.
public enum RecordStoreError: Error, Equatable, CustomStringConvertible {
    /// The file does not exist.
    case missing(String)
    /// The open file was removed or replaced: writes to it would be lost.
    case gone(String)
    /// The file already exists.
    case exists(String)
    /// The file or its folder cannot be used: others can read it, it is not a regular file, or the system rejects it.
    case file(String, why: String)

    /// The file is not what was left there.
    ///
    /// It is never created again from nothing: that would forget who must show a second factor.
    case damaged(String)
    /// A later version of the server wrote the file.
    case newer(version: Int64, known: Int64)
    /// The disk is full.
    case full
    /// Another process held the write lock for too long.
    case busy
    /// The write contradicts what is stored, such as a phone number that belongs to another user.
    case conflict(String)
    /// The caller passed an invalid argument.
    case invalid(String)
    /// The store is closed.
    case closed
    /// Any other error of the database.
    case other(String)

    /// What happened and what to do about it, in one line.
    public var description: String {
        switch self {
        case .missing(let path): "\(path): missing; make it with `countersignd init`, or restore a backup"
        case .gone(let path):
            "\(path): removed or replaced while it was open; put it back, or restore a backup, and start anew"
        case .exists(let path): "\(path): is there already; name a file that is not"
        case .file(let path, let why): "\(path): \(why)"
        case .damaged(let what): "records damaged: \(what); restore a backup"
        case .newer(let version, let known):
            "records are of version \(version), this program knows \(known); install the newer program"
        case .full: "no room for the records; free some on their disk"
        case .busy: "records locked by another process for too long; look for a second countersignd"
        case .conflict(let what): "records contradict: \(what)"
        case .invalid(let what): "invalid \(what)"
        case .closed: "records closed"
        case .other(let what): "records: \(what)"
        }
    }

    /// Translates an error of SQLite (sqlite.org/rescode.html); returns any other error unchanged.
    static func from(_ error: any Error) -> any Error {
        guard let error = error as? SQLiteError else { return error }
        return switch error.code {
        case 5, 6: Self.busy
        case 11, 26: Self.damaged(error.message)
        case 13: Self.full
        case 19: Self.conflict(error.message)
        default: Self.other(error.description)
        }
    }
}

internal import SQLite

/// Why the records cannot be used, and what to do about it. No record, code or phone number stands in it.
public enum RecordStoreError: Error, Equatable, CustomStringConvertible {
    /// There is no such file.
    case missing(String)
    /// The file that was open was removed or replaced: what is written to it would be lost.
    case gone(String)
    /// There is such a file already.
    case exists(String)
    /// The file or its folder cannot be used: others may read it, it is no regular file, or the system refuses.
    case file(String, why: String)
    /// The file is not what was left there. It is never made anew: that would forget who must show a second factor.
    case damaged(String)
    /// A later version of the server wrote the file.
    case newer(version: Int64, known: Int64)
    /// No room on the disk.
    case full
    /// Another process held the write lock for too long.
    case busy
    /// What was to be written contradicts what is there, such as a phone number that another user has.
    case conflict(String)
    /// The caller asked for what makes no sense.
    case invalid(String)
    case closed
    /// Whatever else the database said.
    case other(String)

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

    /// The same in these words, if the error is SQLite's (sqlite.org/rescode.html).
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

internal import Glibc

/// Why a new file could not be made.
public enum NewFileError: Error, Equatable {
    /// The name is taken.
    case exists
    /// The system refuses; its reason.
    case failed(String)
}

/// A file of mode 0600 that gets its name once all of it is on the disk, and never takes the name from another file.
///
/// Until then it lies in the same folder as NAME.XXXXXXXX. What is not finished is removed, also where SIGHUP, SIGINT, SIGQUIT or SIGTERM
/// ends the process. One process makes one such file at a time.
public final class NewFile {
    /// Open for writing until the file is finished or discarded.
    public let descriptor: CInt
    private let folder: CInt
    private let name: String
    private let draft: String

    /// - Parameter path: absolute, or from the working directory.
    /// - Throws: `NewFileError`, with the folder as it was.
    public init(_ path: String) throws(NewFileError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let above = parts.dropLast().joined(separator: "/")
        name = String(parts.last ?? "")
        draft = "\(name).\(String(UInt32.random(in: (1 << 28)...UInt32.max), radix: 16))"
        folder = open(parts.count < 2 ? "." : above.isEmpty ? "/" : above, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .failed(Self.reason()) }
        var found = stat()
        guard fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0 else {
            close(folder)
            throw .exists
        }
        Unfinished.watch(draft, in: folder)
        descriptor = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = NewFileError.failed(Self.reason())
            Unfinished.forget()
            close(folder)
            throw error
        }
    }

    deinit {
        close(descriptor)
        close(folder)
    }

    /// Gives the file its name; file and name are on the disk when this returns.
    /// - Throws: `NewFileError`; the file is there under its other name until `discard`.
    public func finish() throws(NewFileError) {
        guard fsync(descriptor) == 0 else { throw .failed(Self.reason()) }
        guard linkat(folder, draft, folder, name, 0) == 0 else {
            throw errno == EEXIST ? .exists : .failed(Self.reason())
        }
        discard()
        guard fsync(folder) == 0 else { throw .failed(Self.reason()) }
    }

    /// Removes what has no name of its own yet; nothing after `finish`.
    public func discard() {
        unlinkat(folder, draft, 0)
        Unfinished.forget()
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

/// The one file that a signal has to remove.
private enum Unfinished {
    private static let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    static func watch(_ draft: String, in folder: CInt) {
        (nameOfUnfinished, folderOfUnfinished) = (strdup(draft), folder)
        for number in signals {
            let before = signal(number) { number in
                if let name = nameOfUnfinished { unlinkat(folderOfUnfinished, name, 0) }
                signal(number, SIG_DFL)
                raise(number)
            }
            // As with nohup.
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
    }

    /// The name stays allocated: a signal may be reading it.
    static func forget() { nameOfUnfinished = nil }
}

/// Written before the signals are watched for, and read by their handler.
nonisolated(unsafe) private var nameOfUnfinished: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var folderOfUnfinished: CInt = -1

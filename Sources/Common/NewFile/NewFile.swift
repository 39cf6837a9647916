internal import Glibc

/// Why a new file could not be made.
public enum NewFileError: Error, Equatable {
    /// A file of that name exists already.
    case exists
    /// A system call failed; holds the reason as strerror(3) gives it.
    case failed(String)
}

/// A file of mode 0600 that gets its name once all of it is on disk, and replaces another file only if told to.
///
/// Until then it lies in the same directory as NAME.XXXXXXXX. An unfinished file is removed by `discard`, and when
/// SIGHUP, SIGINT, SIGQUIT or SIGTERM ends the process. A process makes only one such file at a time.
public final class NewFile {
    /// Descriptor for writing; it is closed when this object is released.
    public let descriptor: CInt
    private let folder: CInt
    private let name: String
    private let draft: String
    private let replaces: Bool

    /// Creates the unfinished file beside its final path.
    ///
    /// - Parameters:
    ///   - path: path of the finished file, absolute or relative to the working directory.
    ///   - replaces: whether the file takes the place of one that has the name.
    /// - Throws: `NewFileError.exists` if the name is taken, `NewFileError.failed` if a system call failed; the
    ///   directory is unchanged.
    public init(_ path: String, replaces: Bool = false) throws(NewFileError) {
        self.replaces = replaces
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let above = parts.dropLast().joined(separator: "/")
        name = String(parts.last ?? "")
        draft = "\(name).\(String(UInt32.random(in: (1 << 28)...UInt32.max), radix: 16))"
        let parent = if parts.count < 2 { "." } else if above.isEmpty { "/" } else { above }
        folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .failed(Self.reason()) }
        var found = stat()
        guard replaces || fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0 else {
            close(folder)
            throw .exists
        }
        Unfinished.watch(draft, in: folder)
        let opened = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            let error = NewFileError.failed(Self.reason())
            Unfinished.forget()
            close(folder)
            throw error
        }
        // Last: an initializer that throws once all is set runs deinit, which would close the folder again.
        descriptor = opened
    }

    deinit {
        close(descriptor)
        close(folder)
    }

    /// Gives the file its name (link(2), or rename(2) if it replaces); file and name are on disk when this returns.
    ///
    /// - Throws: `NewFileError.exists` if the name was taken meanwhile, `NewFileError.failed` if a system call failed.
    ///   The unfinished file stays until `discard`; if only the directory could not be synced, the file has its name.
    public func finish() throws(NewFileError) {
        guard fsync(descriptor) == 0 else { throw .failed(Self.reason()) }
        if replaces {
            guard renameat(folder, draft, folder, name) == 0 else { throw .failed(Self.reason()) }
            Unfinished.forget()
        } else {
            guard linkat(folder, draft, folder, name, 0) == 0 else {
                if errno == EEXIST { throw .exists }
                throw .failed(Self.reason())
            }
            discard()
        }
        guard fsync(folder) == 0 else { throw .failed(Self.reason()) }
    }

    /// Removes the unfinished file; does nothing after `finish`.
    public func discard() {
        unlinkat(folder, draft, 0)
        Unfinished.forget()
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}

/// The one unfinished file, which a signal handler removes.
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
            // An ignored signal stays ignored, as nohup(1) sets it.
            if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
    }

    /// Forgets the file.
    ///
    /// Its name stays allocated, as a signal handler may be reading it.
    static func forget() { nameOfUnfinished = nil }
}

/// Set before the signal handlers are installed, and read by them.
nonisolated(unsafe) private var nameOfUnfinished: UnsafeMutablePointer<CChar>?
nonisolated(unsafe) private var folderOfUnfinished: CInt = -1

internal import Glibc

/// A backup's file, opened with the rights of the caller: root's backups lie where the owner of the database may not go.
struct BackupFile {
    let path: String
    private let descriptor: Int32
    /// The folder of a file that was made here, and the file's name there.
    private let folder: Int32
    private let name: String

    /// Makes a file with mode 0600.
    init(making file: String) throws {
        path = file
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        name = parts.last.map { String($0) } ?? ""
        let above = parts.dropLast().joined(separator: "/")
        folder = Glibc.open(parts.count < 2 ? "." : above.isEmpty ? "/" : above, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Trouble("\(file): its folder cannot be opened: \(String(cString: strerror(errno)))") }
        descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = errno
            close(folder)
            throw Trouble(
                "\(file): \(String(cString: strerror(error)))", hint: error == EEXIST ? "name a file that is not there yet" : nil)
        }
    }

    /// Opens what `backup` wrote.
    init(reading file: String) throws {
        (path, name, folder) = (file, "", -1)
        descriptor = Glibc.open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? Trouble("\(file) is missing") : Trouble("\(file) cannot be opened: \(String(cString: strerror(errno)))")
        }
        var (found, log) = (stat(), stat())
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else { throw Trouble("\(file) is no regular file") }
        if stat(file + "-wal", &log) == 0, log.st_size > 0 {
            throw Trouble(
                "\(file)-wal lies beside it: that is a database as it was left, not what backup wrote",
                hint: "open it once, as its owner: sqlite3 \(file) 'PRAGMA wal_checkpoint(TRUNCATE)'; or take a backup")
        }
    }

    /// Copies all of it to a new file of mode 0600.
    func copy(to draft: String) throws {
        let target = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw Trouble("\(draft) cannot be made: \(String(cString: strerror(errno)))") }
        defer { close(target) }
        try Self.copy(descriptor, to: target, draft)
    }

    /// Fills the new file; it is on the disk when this returns.
    func fill(from draft: String) throws {
        let source = Glibc.open(draft, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { throw Trouble("\(draft) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(source) }
        try Self.copy(source, to: descriptor, path)
        guard fsync(descriptor) == 0, fsync(folder) == 0 else {
            throw Trouble("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Empties a new file that was not filled, and removes it where this process may still do that.
    func discard() {
        ftruncate(descriptor, 0)
        unlinkat(folder, name, 0)
    }

    private static func copy(_ source: Int32, to target: Int32, _ path: String) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
            if count == 0 { return }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Trouble("\(path): its source cannot be read: \(String(cString: strerror(errno)))") }
            var written = 0
            while written < count {
                let more = buffer.withUnsafeBytes { write(target, $0.baseAddress?.advanced(by: written), count - written) }
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { throw Trouble("\(path) cannot be written: \(String(cString: strerror(errno)))") }
                written += more
            }
        }
    }
}

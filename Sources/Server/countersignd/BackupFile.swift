internal import CommandSupport
internal import Glibc

/// A backup, opened with the caller's rights: root's backups may lie where the database's owner cannot read.
struct BackupFile {
    let path: String
    private let descriptor: Int32

    /// Opens a file that `backup` wrote.
    init(reading file: String) throws {
        path = file
        descriptor = Glibc.open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { throw CommandError("\(file) is missing") }
            throw CommandError("\(file) cannot be opened: \(systemReason())")
        }
        var (found, log) = (stat(), stat())
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            throw CommandError("\(file) is no regular file")
        }
        if stat(file + "-wal", &log) == 0, log.st_size > 0 {
            throw CommandError(
                "\(file)-wal lies beside it: that is a database as it was left, not what backup wrote",
                hint: "open it once, as its owner: sqlite3 \(file) 'PRAGMA wal_checkpoint(TRUNCATE)'; or take a backup")
        }
    }

    /// Copies the backup to a new file of mode 0600.
    func copy(to draft: String) throws {
        let target = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw CommandError("\(draft) cannot be made: \(systemReason())") }
        defer { close(target) }
        try Self.copy(descriptor, to: target, path: draft)
    }

    /// Writes a file of this process's user to a descriptor.
    static func send(_ draft: String, to target: Int32) throws {
        let source = Glibc.open(draft, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { throw CommandError("\(draft) cannot be opened: \(systemReason())") }
        defer { close(source) }
        try copy(source, to: target, path: "the backup")
    }

    private static func copy(_ source: Int32, to target: Int32, path: String) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
            if count == 0 { return }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw CommandError("\(path): its source cannot be read: \(systemReason())")
            }
            var written = 0
            while written < count {
                let more = buffer.withUnsafeBytes {
                    write(target, $0.baseAddress?.advanced(by: written), count - written)
                }
                if more < 0, errno == EINTR { continue }
                guard more > 0 else {
                    throw CommandError("\(path) cannot be written: \(systemReason())")
                }
                written += more
            }
        }
    }
}

internal import Glibc
internal import SQLite

/// The database file and the folder that it lies in.
struct StateFile {
    private let path: String
    private let folder: String

    init(_ path: String) throws {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0), let slash = path.utf8.lastIndex(of: 0x2F) else {
            throw AccountsError.invalid("path of the accounts: it must start with a slash")
        }
        self.path = path
        folder = slash == path.startIndex ? "/" : String(decoding: path.utf8[..<slash], as: UTF8.self)
    }

    /// Makes the file if that is asked for, and sees that only this process's user can read and change it.
    func secure(_ mode: Accounts.Mode) throws {
        guard let place = try Self.status(folder, follow: true) else { throw AccountsError.missing(folder) }
        try Self.require(place.st_mode & S_IFMT == S_IFDIR, folder, "not a folder")
        try Self.require(place.st_mode & 0o022 == 0 && (place.st_uid == geteuid() || place.st_uid == 0), folder, "others may change it")
        var found = try Self.status(path, follow: false)
        if found == nil {
            guard mode == .create else { throw AccountsError.missing(path) }
            try create()
            found = try Self.status(path, follow: false)
        }
        guard let found else { throw AccountsError.missing(path) }
        try Self.require(found.st_mode & S_IFMT == S_IFREG, path, "not a regular file")
        try Self.require(found.st_uid == geteuid(), path, "owned by uid \(found.st_uid), not \(geteuid())")
        try Self.require(found.st_mode & 0o077 == 0, path, "others may use it: its mode must be 0600")
        if found.st_size == 0 { throw AccountsError.damaged("\(path) is empty") }
    }

    /// Makes the whole database under another name and then gives it its own, so that there never is half of one. The first to do so wins.
    private func create() throws {
        if try Self.status(path + "-wal", follow: false) != nil, try Self.status(path, follow: false) == nil {
            throw AccountsError.damaged("\(path)-wal is there without \(path)")
        }
        var template = Array((path + ".XXXXXX").utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw AccountsError.file(folder, why: Self.reason()) }
        close(descriptor)
        let draft = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { for end in ["", "-wal", "-shm", "-journal"] { unsafe unlink(draft + end) } }
        try Schema.create(Connection(path: draft))
        guard unsafe link(draft, path) == 0 || errno == EEXIST else { throw AccountsError.file(folder, why: Self.reason()) }
        try persistFolder()
    }

    private func persistFolder() throws {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AccountsError.file(folder, why: Self.reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw AccountsError.file(folder, why: Self.reason()) }
    }

    private static func require(_ condition: Bool, _ path: String, _ why: String) throws {
        if !condition { throw AccountsError.file(path, why: why) }
    }

    /// Nil only if there is no such file: whatever cannot be seen is an error. It is not opened, as closing it would drop SQLite's locks.
    private static func status(_ path: String, follow: Bool) throws -> stat? {
        var status = stat()
        if unsafe follow ? stat(path, &status) == 0 : lstat(path, &status) == 0 { return status }
        guard errno == ENOENT else { throw AccountsError.file(path, why: reason()) }
        return nil
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}

internal import Glibc
internal import SQLite

/// The database file, which only this process's user may read and write.
struct RecordFile {
    let path: String
    private let folder: String

    /// Resolves the folder of the path, which must exist.
    ///
    /// SQLite rejects a symlink anywhere in a path (SQLITE_OPEN_NOFOLLOW), but /var/lib may be one.
    init(_ path: String) throws {
        let cut = path.utf8.lastIndex(of: 0x2F).map(path.utf8.index(after:)) ?? path.startIndex
        let above = if cut == path.startIndex { "." } else { String(decoding: path.utf8[..<cut], as: UTF8.self) }
        guard !path.utf8.contains(0), cut != path.endIndex else {
            throw RecordStoreError.invalid("path of the records")
        }
        guard let real = unsafe realpath(above, nil) else { throw RecordStoreError.file(above, why: Self.reason()) }
        defer { unsafe free(real) }
        folder = unsafe String(cString: real)
        self.path = folder + "/" + String(decoding: path.utf8[cut...], as: UTF8.self)
    }

    /// Opens the file, and migrates older tables; creates a missing file if `create` is true.
    func open(create: Bool, _ options: Connection.Options) throws -> Connection {
        if try status() == nil {
            guard create else { throw RecordStoreError.missing(path) }
            try makeEmpty()
        }
        try secure()
        let connection = try connect(options)
        if try RecordSchema.check(connection) < RecordSchema.version { try RecordSchema.migrate(connection) }
        return connection
    }

    /// Opens an existing file without checking its content.
    func connect(_ options: Connection.Options) throws -> Connection {
        do { return try Connection(path: path, options) } catch let error as SQLiteError
            where error.code == 14 || error.code == 8
        {
            throw RecordStoreError.file(path, why: error.message)
        }
    }

    /// Requires a regular file that belongs to this user, has mode 0600 or less, and is not empty; root may open any
    /// owner's.
    func secure() throws {
        guard let found = try status() else { throw RecordStoreError.missing(path) }
        try require(found.st_mode & S_IFMT == S_IFREG, why: "not a regular file")
        try require(found.st_uid == geteuid() || geteuid() == 0, why: "owned by uid \(found.st_uid), not \(geteuid())")
        try require(found.st_mode & 0o077 == 0, why: "others may use it: its mode must be 0600")
        if found.st_size == 0 { throw RecordStoreError.damaged("\(path) is empty") }
    }

    /// The device and inode of the database, its log and the log's index; nil for a file that does not exist.
    ///
    /// With a different index, the next process would not see what this one writes into the log, nor the other way
    /// round.
    struct Identity: Equatable, Sendable {
        private let database: [UInt64]?
        private let log: [UInt64]?
        private let index: [UInt64]?

        init(_ file: RecordFile) {
            func identity(_ end: String) -> [UInt64]? {
                guard let found = try? file.status(end) else { return nil }
                return [UInt64(found.st_dev), UInt64(found.st_ino)]
            }
            (database, log, index) = (identity(""), identity("-wal"), identity("-shm"))
        }

        /// Requires that the next process would open the same files.
        ///
        /// - Throws: `RecordStoreError.gone` if the database, or a log or index that existed, was removed or replaced.
        func require(_ file: RecordFile) throws {
            let now = Identity(file)
            let isInPlace =
                database == now.database && (log == nil || log == now.log) && (index == nil || index == now.index)
            guard isInPlace else { throw RecordStoreError.gone(file.path) }
        }
    }

    /// Creates the file with empty tables; if another process is first, its file stays.
    private func makeEmpty() throws {
        if try status("-wal") != nil, try status() == nil {
            throw RecordStoreError.damaged("\(path)-wal is there without \(path)")
        }
        do { try make { try RecordSchema.create(Connection(path: $0)) } } catch RecordStoreError.exists {}
    }

    /// Fills a draft and then links it to its name, so that a half-written file never exists under that name.
    ///
    /// The file is on the disk (fsync(2)) when this returns.
    ///
    /// - Throws: `RecordStoreError.exists` if the name is taken by then.
    func make(_ fill: (_ draft: String) throws -> Void) throws {
        if try status() != nil { throw RecordStoreError.exists(path) }
        removeDrafts()
        var template = Array((path + Self.draftEnd + "XXXXXX").utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw RecordStoreError.file(folder, why: Self.reason()) }
        let draft = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for end in ["", "-wal", "-shm", "-journal"] { unsafe unlink(draft + end) }
            // Last: closing the descriptor drops SQLite's locks.
            close(descriptor)
        }
        // The lock marks the draft as in use while this process lives: see removeDrafts.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw RecordStoreError.file(draft, why: Self.reason()) }
        try fill(draft)
        try Self.persist(draft, flags: O_RDONLY)
        guard unsafe link(draft, path) == 0 else {
            guard errno != EEXIST else { throw RecordStoreError.exists(path) }
            throw RecordStoreError.file(path, why: Self.reason())
        }
        try Self.persist(folder, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Removes drafts of processes that were killed while they created this file: their locks are free.
    private func removeDrafts() {
        guard let entries = unsafe opendir(folder) else { return }
        defer { unsafe closedir(entries) }
        let start = Array(path.utf8.dropFirst(folder.utf8.count + 1)) + Array(Self.draftEnd.utf8)
        while let entry = unsafe readdir(entries) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name.starts(with: start) else { continue }
            let file = String(decoding: name, as: UTF8.self)
            let isWhole = name.count == start.count + 6
            // Remove a draft's log and other side files only if the draft itself is gone.
            let owner = String(decoding: name.prefix(start.count + 6), as: UTF8.self)
            let isUnused =
                if isWhole {
                    isAbandoned(owner, in: unsafe dirfd(entries))
                } else {
                    unsafe faccessat(dirfd(entries), owner, F_OK, 0) != 0
                }
            if isUnused { unsafe unlinkat(dirfd(entries), file, 0) }
        }
    }

    private func isAbandoned(_ draft: String, in folder: Int32) -> Bool {
        let descriptor = unsafe openat(folder, draft, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    private static let draftEnd = ".draft."

    private static func persist(_ path: String, flags: Int32) throws {
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw RecordStoreError.file(path, why: reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw RecordStoreError.file(path, why: reason()) }
    }

    private func require(_ condition: Bool, why: String) throws {
        if !condition { throw RecordStoreError.file(path, why: why) }
    }

    /// The status of the file, or of a side file with this suffix; nil only if the file does not exist.
    ///
    /// The file is not opened, because closing it would drop SQLite's locks.
    private func status(_ end: String = "") throws -> stat? {
        var status = stat()
        if unsafe lstat(path + end, &status) == 0 { return status }
        guard errno == ENOENT else { throw RecordStoreError.file(path, why: Self.reason()) }
        return nil
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}

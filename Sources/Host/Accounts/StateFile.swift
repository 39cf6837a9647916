internal import Crypto
internal import Glibc
internal import SQLite

/// The database file and its folder.
struct StateFile {
    private let path: String
    private let folder: String

    init(_ path: String) throws {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0), let slash = path.utf8.lastIndex(of: 0x2F) else {
            throw AccountsError.invalid("path of the accounts: it must start with a slash")
        }
        self.path = path
        let above = String(decoding: path.utf8[..<slash], as: UTF8.self)
        folder = above.isEmpty ? "/" : above
    }

    /// Checks that only the user of this process can read and change the file.
    ///
    /// - Returns: false if there is no file.
    /// - Throws: `AccountsError` if the file or its folder is unsafe, or if the file is empty.
    func secure() throws -> Bool {
        try secureFolder()
        guard let found = try Self.status(path, follow: false) else { return false }
        try Self.require(found.st_mode & S_IFMT == S_IFREG, path, "not a regular file")
        try Self.require(found.st_uid == geteuid(), path, "owned by uid \(found.st_uid), not \(geteuid())")
        try Self.require(found.st_mode & 0o077 == 0, path, "others may use it: its mode must be 0600")
        if found.st_size == 0 { throw AccountsError.damaged("\(path) is empty") }
        return true
    }

    private func secureFolder() throws {
        guard let place = try Self.status(folder, follow: true) else { throw AccountsError.missing(folder) }
        try Self.require(place.st_mode & S_IFMT == S_IFDIR, folder, "not a folder")
        try Self.require(
            place.st_mode & 0o022 == 0 && (place.st_uid == geteuid() || place.st_uid == 0), folder,
            "others may change it")
    }

    /// Opens the file, which must exist.
    func open(busyTimeout: Int32, waitsUntil: Int64? = nil) throws -> Connection {
        var options = Connection.Options()
        options.busyTimeout = busyTimeout
        options.waitsUntil = waitsUntil
        // With one process for each login, each reads the WAL again: 256 pages cost 0.2 ms, and one login in 30 copies
        // them back.
        options.walPages = 256
        options.checkpointOnClose = false
        return try Connection(path: path, options)
    }

    /// Runs `body` while no other process does so for this file; the lock ends with the process.
    ///
    /// The lock is on a file that nobody else may open: a user who may read a folder can lock it for any length of
    /// time.
    func alone<T>(_ body: () throws -> T) throws -> T {
        try secureFolder()
        let lock = path + ".lock"
        let descriptor = unsafe Glibc.open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AccountsError.file(lock, why: Self.reason()) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw AccountsError.file(lock, why: Self.reason()) }
        }
        return try body()
    }

    /// Creates the database under another name and then gives it its own, so that there is never half of one.
    ///
    /// Only in `alone`.
    func create() throws {
        if try Self.status(path + "-wal", follow: false) != nil {
            throw AccountsError.damaged("\(path)-wal is there without \(path)")
        }
        let draft = try newDraft()
        defer { Self.remove(draft) }
        try Schema.create(Connection(path: draft))
        try moveIntoPlace(draft)
    }

    /// The path of a new, empty file; `prepare` removes it if this process does not.
    func newDraft() throws -> String {
        var template = Array((path + ".XXXXXX").utf8CString)
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw AccountsError.file(folder, why: Self.reason()) }
        close(descriptor)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Links a draft under the name of the file, which must be free.
    func moveIntoPlace(_ draft: String) throws {
        guard unsafe link(draft, path) == 0 else { throw AccountsError.file(folder, why: Self.reason()) }
        try persistFolder()
    }

    static func remove(_ draft: String) { for end in ["", "-wal", "-shm", "-journal"] { unsafe unlink(draft + end) } }

    /// Removes the drafts of killed processes.
    ///
    /// Only in `alone`, when there is no other draft.
    func removeDrafts() {
        guard let directory = unsafe opendir(folder) else { return }
        defer { unsafe closedir(directory) }
        let name =
            path.utf8.lastIndex(of: 0x2F).map {
                String(decoding: path.utf8[path.utf8.index(after: $0)...], as: UTF8.self)
            } ?? path
        var drafts: [String] = []
        while let entry = unsafe readdir(directory) {
            let found = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if Self.isDraft(found, of: name) { drafts.append(found) }
        }
        for draft in drafts { unsafe unlink(folder + "/" + draft) }
    }

    /// Whether a name is one that `mkstemp` makes, with or without the suffixes of SQLite.
    private static func isDraft(_ found: String, of name: String) -> Bool {
        guard found.hasPrefix(name + ".") else { return false }
        let rest = found.dropFirst(name.count + 1)
        let ends = ["", "-wal", "-shm", "-journal"]
        return rest.prefix(6).utf8.count == 6
            && rest.prefix(6).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            && ends.contains(String(rest.dropFirst(6)))
    }

    /// Copies bytes into a draft on the disk; returns its path and their SHA-256 as 64 hexadecimal digits.
    func newDraft(from bytes: CInt) throws -> (path: String, digest: String) {
        let draft = try newDraft()
        do {
            let target = unsafe Glibc.open(draft, O_WRONLY | O_CLOEXEC)
            guard target >= 0 else { throw AccountsError.file(draft, why: Self.reason()) }
            defer { close(target) }
            var hash = SHA256()
            try Self.read(bytes, named: draft) {
                unsafe hash.update(bufferPointer: $0)
                try unsafe Self.writeAll($0, to: target, named: draft)
            }
            guard fsync(target) == 0 else { throw AccountsError.file(draft, why: Self.reason()) }
            return (draft, Self.hexadecimal(hash.finalize()))
        } catch {
            Self.remove(draft)
            throw error
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// Writes all bytes of a file to a descriptor.
    ///
    /// SQLite must not have the file open: closing it would drop the locks of SQLite.
    static func send(_ path: String, to target: CInt) throws {
        let source = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw AccountsError.file(path, why: reason()) }
        defer { close(source) }
        try read(source, named: path) { try unsafe writeAll($0, to: target, named: path) }
    }

    private static func sync(_ path: String) throws {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AccountsError.file(path, why: reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw AccountsError.file(path, why: reason()) }
    }

    private static func read(
        _ source: CInt, named path: String, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AccountsError.file(path, why: reason()) }
            if count == 0 { return }
            try unsafe buffer.withUnsafeBytes { try unsafe body(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to target: CInt, named path: String) throws {
        var rest = unsafe bytes
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(target, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw AccountsError.file(path, why: reason()) }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Where the previous file is.
    enum PreviousFile { case copied(String), moved(String), nothing }

    /// Keeps the existing accounts under another name.
    ///
    /// They are copied or, if they cannot be opened, moved. Only in `alone`.
    func preserve(as wanted: String) throws -> PreviousFile {
        var name = wanted
        var number = 1
        while try Self.status(name, follow: false) != nil {
            number += 1
            name = "\(wanted)-\(number)"
        }
        guard try Self.status(path, follow: false) != nil else {
            // The rest of a lost file belongs to no other file.
            for end in ["-wal", "-shm"] where try Self.status(path + end, follow: false) != nil {
                try move(path + end, to: name + end)
            }
            return .nothing
        }
        let draft = try newDraft()
        defer { Self.remove(draft) }
        do {
            _ = try secure()
            try open(busyTimeout: 60_000).run("VACUUM INTO ?1", draft)
        } catch  where Self.isUseless(error) {
            try move(path, to: name)
            for end in ["-wal", "-shm"] where try Self.status(path + end, follow: false) != nil {
                try move(path + end, to: name + end)
            }
            return .moved(name)
        }
        try Self.sync(draft)
        guard unsafe link(draft, name) == 0 else { throw AccountsError.file(name, why: Self.reason()) }
        try persistFolder()
        return .copied(name)
    }

    /// Whether nobody can use the existing accounts.
    ///
    /// A full disk, for example, is not such an error.
    private static func isUseless(_ error: any Error) -> Bool {
        switch error {
        case AccountsError.damaged: true
        case let error as SQLiteError: error.isNoDatabase
        default: false
        }
    }

    private func move(_ from: String, to: String) throws {
        guard unsafe rename(from, to) == 0 else { throw AccountsError.file(from, why: Self.reason()) }
    }

    private func persistFolder() throws {
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw AccountsError.file(folder, why: Self.reason()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw AccountsError.file(folder, why: Self.reason()) }
    }

    private static func require(_ condition: Bool, _ path: String, _ why: String) throws {
        if !condition { throw AccountsError.file(path, why: why) }
    }

    /// The status of a file; nil only if there is no such file, and any other failure is an error.
    ///
    /// The file is not opened, as closing it would drop the locks of SQLite.
    private static func status(_ path: String, follow: Bool) throws -> stat? {
        var status = stat()
        let result = if follow { unsafe stat(path, &status) } else { unsafe lstat(path, &status) }
        if result == 0 { return status }
        guard errno == ENOENT else { throw AccountsError.file(path, why: reason()) }
        return nil
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}

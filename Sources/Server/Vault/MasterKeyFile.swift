internal import Glibc

/// The reason why a master key file is rejected or was not created.
public struct MasterKeyError: Error, Equatable, CustomStringConvertible {
    /// The path of the file, as the caller gave it.
    public let file: String
    /// What is wrong, in a few words.
    public let message: String
    /// What to do about it.
    public let hint: String

    init(_ file: String, _ message: String, hint: String) {
        self.file = file
        self.message = message
        self.hint = hint
    }

    /// The path, the message and the hint, on one line.
    public var description: String { "\(file): \(message); \(hint)" }
}

extension MasterKey {
    /// Reads the key from a regular file that belongs to root or to the caller and that nobody else can access.
    ///
    /// A symlink is rejected. A file that belongs to root may be readable by root's group too: a systemd credential
    /// looks like that, because its mode shows the mask of an ACL (systemd.exec(5), acl(5)).
    ///
    /// - Parameter file: The path of the file.
    /// - Returns: The key.
    /// - Throws: `MasterKeyError` if the file is missing, is not such a file, cannot be read, or holds no key.
    public static func read(file: String) throws(MasterKeyError) -> MasterKey {
        let descriptor = try Opened.reading(file)
        defer { close(descriptor) }
        var text = try content(of: descriptor, file)
        defer { wipe(&text) }
        guard let key = MasterKey(utf8: text) else {
            throw MasterKeyError(file, "this is no master key", hint: "put back the file that was in use")
        }
        return key
    }

    /// Makes a new key and a new file for it, with mode 0600.
    ///
    /// The file is on the disk (fsync(2)) when this returns.
    ///
    /// - Parameter file: The path of the new file, in an existing folder.
    /// - Returns: The key.
    /// - Throws: `MasterKeyError` if the file exists or cannot be created or written; no file is left behind.
    public static func create(file: String) throws(MasterKeyError) -> MasterKey {
        guard let (folder, name) = split(file) else {
            throw MasterKeyError(
                file, "this names no file", hint: "name a file in a folder that only its user can write")
        }
        let above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard above >= 0 else { throw .failed(file, reason: "its folder cannot be opened", error: errno) }
        defer { close(above) }
        let descriptor = openat(above, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = errno
            if error == EEXIST { throw .exists(file) }
            throw .failed(file, reason: "cannot be made", error: error)
        }
        defer { close(descriptor) }
        let key = MasterKey()
        guard fchmod(descriptor, 0o600) == 0, write(key.text + "\n", to: descriptor), fsync(descriptor) == 0,
            fsync(above) == 0
        else {
            let error = errno
            unlinkat(above, name, 0)
            throw .failed(file, reason: "cannot be written", error: error)
        }
        return key
    }

    /// Splits a path into its folder and its last component; nil if it names no file.
    private static func split(_ file: String) -> (folder: String, name: String)? {
        let name = String(decoding: file.utf8.reversed().prefix { $0 != 0x2F }.reversed(), as: UTF8.self)
        guard !file.utf8.contains(0), !["", ".", ".."].contains(name) else { return nil }
        let folder = String(decoding: file.utf8.dropLast(name.utf8.count), as: UTF8.self)
        if folder.isEmpty { return (".", name) }
        return (folder, name)
    }

    private static func write(_ text: String, to descriptor: CInt) -> Bool {
        var bytes = Array(text.utf8)
        defer { wipe(&bytes) }
        var written = 0
        while written < bytes.count {
            let more = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return false }
            written += more
        }
        return true
    }

    /// Reads at most 256 bytes: a file longer than any key is cut, and then rejected because it holds no key.
    private static func content(of descriptor: CInt, _ file: String) throws(MasterKeyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 256)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw .failed(file, reason: "cannot be read", error: errno) }
            if more == 0 { break }
            count += more
        }
        defer { wipe(&bytes) }
        return Array(bytes.prefix(count))
    }
}

private enum Opened {
    static func reading(_ file: String) throws(MasterKeyError) -> CInt {
        guard !file.utf8.contains(0) else { throw .failed(file, reason: "cannot be opened", error: EINVAL) }
        // O_NONBLOCK: opening a FIFO must not block.
        let descriptor = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unopened(file, error: errno) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else {
            let error = errno
            close(descriptor)
            throw .failed(file, reason: "cannot be looked at", error: error)
        }
        if let rejection = rejection(of: found, file: file) {
            close(descriptor)
            throw rejection
        }
        return descriptor
    }

    private static func rejection(of found: stat, file: String) -> MasterKeyError? {
        let caller = geteuid()
        let isRoots = found.st_uid == 0
        guard found.st_mode & S_IFMT == S_IFREG else {
            return MasterKeyError(file, "this is no regular file", hint: "name the file of the master key itself")
        }
        guard isRoots || found.st_uid == caller else {
            return MasterKeyError(
                file, "it belongs to uid \(found.st_uid)", hint: "give it to uid \(caller): chown \(caller) FILE")
        }
        let allowed: mode_t = if isRoots, found.st_gid == 0 { 0o740 } else { 0o700 }
        guard found.st_mode & 0o777 & ~allowed == 0 else {
            return MasterKeyError(
                file, "others may read or write it", hint: "chmod 600 FILE, and rotate the key if they could")
        }
        return nil
    }
}

extension MasterKeyError {
    fileprivate static func failed(_ file: String, reason: String, error: CInt) -> MasterKeyError {
        MasterKeyError(
            file, "\(reason): \(String(cString: strerror(error)))", hint: "see that the folder is there and has room")
    }

    fileprivate static func exists(_ file: String) -> MasterKeyError {
        MasterKeyError(file, "there is such a file already", hint: "nothing was changed; name another, or use that one")
    }

    fileprivate static func unopened(_ file: String, error: CInt) -> MasterKeyError {
        switch error {
        case ENOENT:
            MasterKeyError(file, "there is no such file", hint: "put it back; without it nothing sealed can be read")
        case ELOOP: MasterKeyError(file, "this is a symlink", hint: "name the file of the master key itself")
        case EACCES:
            MasterKeyError(file, "uid \(geteuid()) may not open it", hint: "give it and its folder to that user")
        default: failed(file, reason: "cannot be opened", error: error)
        }
    }
}

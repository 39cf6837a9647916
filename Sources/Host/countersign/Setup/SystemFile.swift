internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// A small file of the system, read as it is and replaced in one step.
enum SystemFile {
    /// Largest file that is changed, in bytes.
    static let most = 262_144
    /// Ending of the name under which a new file is written; neither libpam nor sshd reads such a file.
    private static let draftSuffix = ".countersign-setup"

    /// Reads a file; nil if there is none.
    ///
    /// - Throws: `CommandError` if it is no regular file, too long, not UTF-8, or cannot be read.
    static func text(_ path: String) throws -> String? {
        guard let bytes = try bytes(path) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw notUnderstood(path, "it is not UTF-8, and is not changed")
        }
        return text
    }

    /// Reads a file that may be no text; nil if there is none.
    ///
    /// - Throws: `CommandError` if it is no regular file, too long, or cannot be read.
    static func bytes(_ path: String) throws -> [UInt8]? {
        var found = stat()
        guard lstat(path, &found) == 0 else {
            if errno == ENOENT { return nil }
            throw CommandError("\(path) cannot be seen: \(systemReason())")
        }
        guard found.st_mode & S_IFMT == S_IFREG, found.st_size < most else {
            throw notUnderstood(path, "it is not a regular file of at most 256 kB, and is not changed")
        }
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw CommandError("\(path) cannot be read: \(systemReason())") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: most)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + length }, most - length) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandError("\(path) cannot be read: \(systemReason())") }
            if count == 0 { break }
            length += count
        }
        return Array(bytes.prefix(length))
    }

    /// An error about a file that setup does not change, with the way by hand.
    static func notUnderstood(_ place: String, _ why: String) -> CommandError {
        CommandError("\(place): \(why)", hint: "by hand: docs/admin/setup.md has the section \"The manual way\"")
    }

    /// Writes everything; returns whether that worked.
    static func write(_ bytes: [UInt8], to file: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Replaces a file, or makes it with this mode: mode, owner and extended attributes of an old one stay.
    ///
    /// File and name are on disk when this returns; a process that dies leaves the old file or the new one.
    ///
    /// - Throws: `CommandError` if a step fails; the old file is there then.
    static func replace(_ path: String, with text: String, mode: mode_t = 0o644) throws {
        try prepare(path, text: text, mode: mode)
        try commit(path)
    }

    /// Writes the new file under another name beside the old one.
    ///
    /// - Throws: `CommandError` if a step fails, as on a full disk; nothing is left behind.
    static func prepare(_ path: String, text: String, mode: mode_t = 0o644) throws {
        let draft = draft(of: path)
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        guard write(Array(text.utf8), to: file), copyProperties(of: path, to: file, mode: mode), fsync(file) == 0
        else {
            let error = failure(path)
            unlink(draft)
            throw error
        }
    }

    /// Gives the file that was prepared its name.
    ///
    /// - Throws: `CommandError` if that fails; the old file is there then.
    static func commit(_ path: String) throws {
        let draft = draft(of: path)
        guard rename(draft, path) == 0 else {
            let error = failure(path)
            unlink(draft)
            throw error
        }
        syncFolder(of: path)
    }

    /// Removes a file, and the draft that a killed process may have left beside it.
    static func remove(_ path: String) throws {
        removeDraft(of: path)
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
        syncFolder(of: path)
    }

    static func removeDraft(of path: String) { unlink(draft(of: path)) }

    /// Makes names in the directory of this path durable.
    static func syncFolder(of path: String) {
        let folder = open(above(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func above(_ path: String) -> String {
        path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
    }

    private static func draft(of path: String) -> String {
        "\(above(path))/.\(path.split(separator: "/").last ?? "")\(draftSuffix)"
    }

    private static func failure(_ path: String) -> CommandError {
        CommandError("\(path) cannot be written: \(systemReason())", hint: "it is as it was")
    }

    /// Gives the new file what the old one has; without an old one only the mode.
    private static func copyProperties(of path: String, to file: CInt, mode: mode_t) -> Bool {
        var found = stat()
        guard lstat(path, &found) == 0 else { return errno == ENOENT && fchmod(file, mode) == 0 }
        // The mode comes last, as fchown clears bits of it.
        return system_copy_attributes(path, file) == 0 && fchown(file, found.st_uid, found.st_gid) == 0
            && fchmod(file, found.st_mode & 0o7777) == 0
    }
}

internal import CSyscalls
internal import CommandSupport
internal import Glibc
internal import SettingsFile

/// Writes files into the folder of the settings: each is complete on disk before it gets its name.
final class JoinFiles {
    /// Owner and mode of a file.
    struct Access {
        let uid: uid_t
        let gid: gid_t
        let mode: mode_t
    }

    private let path: String
    private let folder: CInt
    private let serviceUser: ServiceUser

    /// Opens the folder, which nobody but root (or, for an ordinary user, that user) may be able to change.
    ///
    /// - Throws: `CommandError` if it is missing or unsafe.
    init(folder path: String, serviceUser: ServiceUser) throws {
        var part = 0
        let trust = serviceUser.trust
        let opened = system_open_trusted(
            path, system_trust(owner: trust.owner, group: trust.group, public_file: 0), 1, &part)
        guard opened >= 0 else {
            let place = String(decoding: path.utf8.prefix(part), as: UTF8.self)
            throw CommandError(
                "\(path): \(TrustedFile.reason(opened, at: place, of: path, trust: trust))",
                hint: "install -d -m 755 \(path)")
        }
        // The descriptor above may only name the folder.
        folder = openat(opened, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        close(opened)
        self.path = path
        self.serviceUser = serviceUser
        guard folder >= 0 else { throw CommandError("\(path) cannot be opened: \(systemReason())") }
    }

    deinit { if folder >= 0 { close(folder) } }

    /// Readable by logins, and by no other user.
    var secret: Access {
        switch serviceUser {
        case .appointed(let user): Access(uid: 0, gid: user.gid, mode: 0o640)
        case .caller: Access(uid: geteuid(), gid: getegid(), mode: 0o600)
        }
    }

    /// Readable by everybody.
    var everybody: Access { Access(uid: geteuid(), gid: getegid(), mode: 0o644) }

    /// The owner and mode of a file in the folder; nil if it is not there.
    func access(of name: String) -> Access? {
        var found = stat()
        guard fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return Access(uid: found.st_uid, gid: found.st_gid, mode: found.st_mode & 0o777)
    }

    /// Writes as much as will be needed and removes it, so that a full or read-only disk is found before the code is
    /// spent.
    func requireRoom() throws {
        let draft = try write([UInt8](repeating: 0x20, count: 65_536), as: "room", secret)
        remove(draft)
    }

    /// Writes a file under a name of its own.
    ///
    /// - Returns: the name in the folder, for `put` or `remove`.
    /// - Throws: `CommandError`; nothing is left then.
    func write(_ bytes: some Collection<UInt8>, as name: String, _ access: Access) throws -> String {
        let draft = ".\(name).\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let file = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed(name) }
        defer { close(file) }
        guard Self.write(Array(bytes), to: file), fchown(file, access.uid, access.gid) == 0,
            fchmod(file, access.mode) == 0, fsync(file) == 0
        else {
            let error = failed(name)
            remove(draft)
            throw error
        }
        return draft
    }

    /// Gives a written file its name, in place of one that is there.
    ///
    /// - Throws: `CommandError` if that fails; the old file is there then.
    func put(_ draft: String, as name: String) throws {
        guard renameat(folder, draft, folder, name) == 0 else {
            let error = failed(name)
            remove(draft)
            throw error
        }
        guard fsync(folder) == 0 else { throw failed(name) }
    }

    /// Keeps a file under a second name, in place of one that was kept before.
    ///
    /// - Returns: the path of the copy, or nil if there is no file to keep.
    /// - Throws: `CommandError` if that fails.
    func keep(_ name: String) throws -> String? {
        unlinkat(folder, "\(name).old", 0)
        guard linkat(folder, name, folder, "\(name).old", 0) == 0 else {
            if errno == ENOENT { return nil }
            throw failed("\(name).old")
        }
        return "\(path)/\(name).old"
    }

    /// Removes a written file that has not got its name.
    func remove(_ draft: String) { unlinkat(folder, draft, 0) }

    private func failed(_ name: String) -> CommandError {
        CommandError("\(path)/\(name) cannot be written: \(systemReason())", hint: "see that \(path) has room")
    }

    private static func write(_ bytes: [UInt8], to file: CInt) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}

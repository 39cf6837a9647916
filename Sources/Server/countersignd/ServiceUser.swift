internal import CommandSupport
internal import Glibc
internal import ServerSettings

/// The service user, who owns the state directory, and the change to it.
enum ServiceUser {
    /// The user that the unit runs the server as.
    static let login = "_countersignd"
    private static let usualFolder = ServiceSettings().state

    /// The effective user of this process.
    static var current: SystemUser { .numbered(geteuid(), gid: getegid()) }
    static var currentGroup: String {
        getgrgid(getegid()).map { String(cString: $0.pointee.gr_name) } ?? String(getegid())
    }

    /// Changes root irrevocably to the owner of the state directory, since root must not follow paths in another user's
    /// directory.
    ///
    /// A missing directory is made; root makes it for the unit's user.
    ///
    /// - Parameters:
    ///   - folder: the state directory.
    ///   - make: false makes nothing, and changes to the user that would own a missing directory.
    /// - Throws: `CommandError` if the directory or its files have a wrong owner or mode, or cannot be made or entered.
    static func become(ownerOf folder: String, make: Bool = true) throws {
        umask(0o077)
        var found = stat()
        if lstat(folder, &found) != 0 {
            guard errno == ENOENT else {
                throw CommandError("\(folder) cannot be looked at: \(systemReason())")
            }
            let user = try appointed(for: folder)
            guard make else { return try turn(into: user) }
            try self.make(folder, for: user)
            guard lstat(folder, &found) == 0 else {
                throw CommandError("\(folder) is gone: \(systemReason())")
            }
        }
        guard found.st_mode & S_IFMT == S_IFDIR else { throw CommandError("\(folder) is no folder") }
        let isOurs = found.st_uid == geteuid()
        guard isOurs || geteuid() == 0 else {
            throw CommandError("\(folder) belongs to somebody else", hint: "run this as root, or as its owner")
        }
        if found.st_uid == 0, folder == usualFolder, try SystemUser.named(login) != nil {
            throw CommandError(
                "\(folder) belongs to root, but the server runs as \(login)", hint: "chown -R \(login): \(folder)")
        }
        guard found.st_mode & 0o077 == 0 else {
            throw CommandError("\(folder) is open to others", hint: "chmod 700 \(folder)")
        }
        let owner: SystemUser? = if isOurs { nil } else { SystemUser.numbered(found.st_uid, gid: found.st_gid) }
        try turn(into: owner)
        if let closed = closedFolder(above: folder + "/") {
            throw CommandError("\(folder): \(current.name) may not enter \(closed)", hint: "chmod a+x \(closed)")
        }
        try requireOwnFiles(folder)
    }

    /// The owner that a missing directory will have; nil for the current user.
    private static func appointed(for folder: String) throws -> SystemUser? {
        guard geteuid() == 0 else { return nil }
        if let user = try SystemUser.named(login), user.uid != 0 { return user }
        guard folder == usualFolder else { return nil }
        let useradd = "useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin"
        throw CommandError("the system user \(login) is missing", hint: "make it with: \(useradd) \(login)")
    }

    /// Makes the directory, as root only below a path that no other user can change.
    private static func make(_ folder: String, for user: SystemUser?) throws {
        guard let user else {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw CommandError("\(folder) cannot be made: \(systemReason())")
            }
            return
        }
        let hint = "install -d -m 700 -o \(user.name) -g \(user.name) \(folder)"
        guard let (above, name) = StateFolder.split(folder), let real = realpath(above, nil) else {
            throw CommandError("\(folder) cannot be made: \(systemReason())", hint: hint)
        }
        defer { free(real) }
        if try StateFolder.make(name, in: String(cString: real), for: user, hint: hint) == .untrusted {
            throw CommandError("\(folder) is not made where others than root may write", hint: "make it first: \(hint)")
        }
    }

    /// Changes to the user, with the same groups as in the unit, so that the same files are readable.
    private static func turn(into user: SystemUser?) throws {
        guard let user else { return try ProcessPrivileges.harden() }
        try ProcessPrivileges.become(user, groups: .ofUser)
    }

    /// Throws if a file in the directory has another owner, which would otherwise show only when the server starts.
    private static func requireOwnFiles(_ folder: String) throws {
        let names = [
            "countersignd.db", "countersignd.db-wal", "countersignd.db-shm", "countersignd.lock",
            "countersignd.server.lock", "master.key",
        ]
        for name in names {
            var found = stat()
            guard lstat("\(folder)/\(name)", &found) == 0, found.st_uid != geteuid() else { continue }
            let owner = SystemUser.numbered(found.st_uid, gid: found.st_gid).name
            throw CommandError(
                "\(folder)/\(name) belongs to \(owner), but its folder to \(current.name)",
                hint: "chown -R \(current.name): \(folder)")
        }
    }

    /// Checks that this user can read a file, and explains why not.
    ///
    /// - Parameters:
    ///   - file: the path.
    ///   - key: the settings key that names the file.
    /// - Throws: `CommandError` with a command that mends it.
    static func requireReadable(_ file: String, key: String) throws {
        guard access(file, R_OK) != 0 else { return }
        switch errno {
        case ENOENT, ENOTDIR:
            throw CommandError("\(key): \(file): there is no such file", hint: "put it there, or name another")
        case EACCES:
            if let closed = closedFolder(above: file) {
                throw CommandError(
                    "\(key): \(file): \(current.name) may not enter \(closed)",
                    hint: "keep a copy where it may: install -m 640 -g \(currentGroup) \(file) /etc/countersign/")
            }
            throw CommandError(
                "\(key): \(file): \(current.name) may not read it",
                hint: "chgrp \(currentGroup) \(file); chmod 640 \(file)")
        case let error: throw CommandError("\(key): \(file): \(String(cString: strerror(error)))")
        }
    }

    private static func closedFolder(above file: String) -> String? {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().filter { !$0.isEmpty }
        return parts.indices.map { "/" + parts[...$0].joined(separator: "/") }.first { access($0, X_OK) != 0 }
    }
}

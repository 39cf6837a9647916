internal import CSyscalls
internal import Glibc

/// The directory of the accounts.
enum StateFolder {
    /// Makes the directory if it is missing, as root, for the user who keeps the accounts.
    ///
    /// It is made only in a directory that nobody but root can change, and that is reached without a symlink. Otherwise
    /// nothing is done, and opening the accounts reports what is missing.
    static func make(_ path: String, for serviceUser: ServiceUser) throws {
        guard case .appointed(let user) = serviceUser, let (above, name) = split(path) else { return }
        var part = 0
        let folder = system_open_trusted(above, system_trust(owner: 0, group: 0, public_file: 0), 1, &part)
        guard folder >= 0 else { return }
        defer { close(folder) }
        guard mkdirat(folder, name, 0o700) == 0 else {
            if errno == EEXIST { return }
            throw CommandError("\(path) cannot be made: \(systemReason())")
        }
        try give(name, in: folder, to: user, path)
    }

    /// Command that makes it by hand.
    static func command(_ path: String) -> String {
        ServiceUser.isRoots
            ? "install -d -m 0700 -o \(SystemUser.login) -g \(SystemUser.login) \(path)" : "mkdir -m 0700 \(path)"
    }

    private static func give(_ name: String, in folder: CInt, to user: SystemUser, _ path: String) throws {
        let made = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        defer { if made >= 0 { close(made) } }
        guard made >= 0, fchown(made, user.uid, user.gid) == 0, fchmod(made, 0o700) == 0 else {
            throw CommandError(
                "\(path) cannot be given to \(user.name): \(systemReason())", hint: "make it with: \(command(path))")
        }
    }

    /// Splits a path into the directory above and the last name.
    private static func split(_ path: String) -> (above: String, name: String)? {
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), parts.count > 1, let name = parts.last else { return nil }
        return ("/" + parts.dropLast().joined(separator: "/"), String(name))
    }
}

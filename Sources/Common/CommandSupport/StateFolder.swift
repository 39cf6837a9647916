internal import CSyscalls
internal import Glibc

/// The directory in which a program keeps its state.
package enum StateFolder {
    /// What `make` found or did.
    package enum Making {
        case made, exists
        /// Another user than root can change the directory above, or it is reached through a symlink or not there.
        case untrusted
    }

    /// Makes the directory, as root, for the user who keeps the state in it, with mode 0700.
    ///
    /// It is made only in a directory that nobody but root can change.
    ///
    /// - Parameters:
    ///   - name: the directory's name.
    ///   - above: the absolute path of the directory above, without symlinks.
    ///   - user: its owner to be.
    ///   - hint: the hint of an error.
    /// - Returns: what was found or done.
    /// - Throws: `CommandError` if it cannot be made, or given to the user.
    package static func make(
        _ name: String, in above: String, for user: SystemUser, hint: String
    ) throws -> Making {
        var part = 0
        let folder = system_open_trusted(above, system_trust(owner: 0, group: 0, public_file: 0), 1, &part)
        guard folder >= 0 else { return .untrusted }
        defer { close(folder) }
        let path = if above == "/" { "/\(name)" } else { "\(above)/\(name)" }
        guard mkdirat(folder, name, 0o700) == 0 else {
            if errno == EEXIST { return .exists }
            throw CommandError("\(path) cannot be made: \(systemReason())", hint: hint)
        }
        let made = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        defer { if made >= 0 { close(made) } }
        guard made >= 0, fchown(made, user.uid, user.gid) == 0, fchmod(made, 0o700) == 0 else {
            throw CommandError("\(path) cannot be given to \(user.name): \(systemReason())", hint: hint)
        }
        return .made
    }

    /// Splits a path into the directory above and the last name; nil for `/` and for a path that is not absolute.
    package static func split(_ path: String) -> (above: String, name: String)? {
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), let name = parts.last else { return nil }
        return ("/" + parts.dropLast().joined(separator: "/"), String(name))
    }
}

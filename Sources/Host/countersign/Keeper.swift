internal import CSyscalls
internal import Glibc
internal import SettingsFile

/// As whom the accounts are kept.
enum Keeper: Equatable {
    /// Root runs this: it must not follow paths in a directory of another user, and becomes that user.
    case appointed(SystemUser)
    /// Somebody else runs this, on files of their own.
    case caller

    /// Whether root runs this, also after it became somebody else.
    static let isRoots = geteuid() == 0

    static func current() throws -> Keeper {
        guard isRoots else { return .caller }
        guard let user = try SystemUser.named(SystemUser.login), user.uid != 0, user.gid != 0 else {
            throw Trouble(
                "the system user \(SystemUser.login) is missing", hint: "create it with: \(useradd(SystemUser.login))")
        }
        return .appointed(user)
    }

    static func useradd(_ name: String) -> String {
        "useradd --system --user-group --no-create-home --shell /usr/sbin/nologin \(name)"
    }

    /// A text of what the login says of files, with names in place of the keeper's numbers.
    static func named(_ text: String) -> String {
        guard case .appointed(let user)? = try? current() else { return text }
        return text.replacing("uid \(user.uid) ", with: "\(user.name) ").replacing("gid \(user.gid)", with: user.name)
    }

    /// Who may own the settings: as for a login.
    var trust: Trust {
        switch self {
        case .appointed(let user): Trust(owner: 0, group: user.gid)
        case .caller: Trust(owner: geteuid(), group: getegid())
        }
    }

    /// No core, no tracing by others of the same uid, no new privileges.
    static func harden() throws {
        let result = system_harden()
        guard result == 0 else { throw Trouble("this process cannot be kept to itself: \(systemReason(-result))") }
    }

    /// Makes the process that user's, for good. Whatever it makes from now on is for its user alone.
    func takeOver() throws {
        umask(0o077)
        guard case .appointed(let user) = self else { return }
        // Of a process of root's these two set the real, the effective and the saved number.
        guard setgroups(0, nil) == 0, setgid(user.gid) == 0, setuid(user.uid) == 0, Self.isNow(user) else {
            throw Trouble("cannot change to the user \(user.name): \(systemReason())")
        }
        // The kernel forgets it when the uid changes.
        try Self.harden()
    }

    /// Whether nothing of root is left, nor kept to come back to.
    private static func isNow(_ user: SystemUser) -> Bool {
        getuid() == user.uid && geteuid() == user.uid && getgid() == user.gid && getegid() == user.gid
            && getgroups(0, nil) == 0
            && seteuid(0) != 0 && setegid(0) != 0
    }
}

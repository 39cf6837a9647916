internal import CommandSupport
internal import Glibc
internal import SettingsFile

/// The user who keeps the accounts.
enum ServiceUser: Equatable {
    /// Root runs this, and becomes that user, as root must not follow paths in another user's directory.
    case appointed(SystemUser)
    /// Another user runs this, on files of that user.
    case caller

    /// Whether root runs this; stays true after the process has become another user.
    static let isRoots = geteuid() == 0

    static func current() throws -> ServiceUser {
        guard isRoots else { return .caller }
        guard let user = try SystemUser.named(SystemUser.login), user.uid != 0, user.gid != 0 else {
            throw CommandError(
                "the system user \(SystemUser.login) is missing", hint: "create it with: \(useradd(SystemUser.login))")
        }
        return .appointed(user)
    }

    static func useradd(_ name: String) -> String {
        "useradd --system --user-group --no-create-home --shell /usr/sbin/nologin \(name)"
    }

    /// Puts the keeper's name in place of its uid and gid in a message about files.
    static func named(_ text: String) -> String {
        guard case .appointed(let user)? = try? current() else { return text }
        return text.replacing("uid \(user.uid) ", with: "\(user.name) ").replacing("gid \(user.gid)", with: user.name)
    }

    /// Owner and group that the settings may have, as in a login.
    var trust: Trust {
        switch self {
        case .appointed(let user): Trust(owner: 0, group: user.gid)
        case .caller: Trust(owner: geteuid(), group: getegid())
        }
    }

    /// Makes the process that user's, for good; files that it creates are private to the user.
    func takeOver() throws {
        umask(0o077)
        guard case .appointed(let user) = self else { return }
        try ProcessPrivileges.become(user, groups: .none)
    }
}

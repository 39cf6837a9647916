internal import Accounts
internal import CSyscalls
internal import CommandSupport
internal import Identifiers

extension SystemUser {
    /// User who keeps the accounts if root runs the logins.
    static let login = "_countersign"
    /// User who speaks to the server in that case.
    static let net = "_countersign-net"

    var person: Person { Person(name: name, uid: uid) }
}

extension OwnProcess {
    /// This program, without environment: root opens no file of the accounts.
    static let command = OwnProcess(name: "countersign")
}

extension Folder {
    /// Directory of this host's settings.
    static let settings = "/etc/countersign"
}

extension StateFolder {
    /// Makes the directory if it is missing, as root, for the user who keeps the accounts.
    ///
    /// It is made only in a directory that nobody but root can change, and that is reached without a symlink. Otherwise
    /// nothing is done, and opening the accounts reports what is missing.
    static func make(_ path: String, for serviceUser: ServiceUser) throws {
        guard case .appointed(let user) = serviceUser, let (above, name) = split(path), above != "/" else { return }
        _ = try make(name, in: above, for: user, hint: "make it with: \(command(path))")
    }

    /// Command that makes it by hand.
    static func command(_ path: String) -> String {
        guard ServiceUser.isRoots else { return "mkdir -m 0700 \(path)" }
        return "install -d -m 0700 -o \(SystemUser.login) -g \(SystemUser.login) \(path)"
    }
}

extension Timestamp {
    /// The clock that no setting of the time changes; nil where the system has none.
    static var bootTime: Instant.BootTime? { Instant.BootTime(milliseconds: system_now()) }
}

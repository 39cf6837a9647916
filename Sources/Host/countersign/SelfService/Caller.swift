internal import CommandSupport
internal import Glibc
internal import Identifiers

/// The caller of sudo: `countersign self` acts on the account of this person only.
enum Caller {
    static func find() throws -> Person {
        guard ServiceUser.isRoots, getuid() == 0 else {
            throw CommandError(
                "this is run through sudo: sudo countersign self ...",
                hint: "the administrator allows it with countersign.sudoers")
        }
        // sudo sets both, whatever the caller's environment contained.
        guard let uid = CallerIdentity.sudoCaller, let name = getenv("SUDO_USER").map({ String(cString: $0) }) else {
            throw CommandError(
                "nobody called sudo: there is no SUDO_UID", hint: "root uses the other commands: countersign --help")
        }
        guard uid != 0 else {
            throw CommandError("this is not for root", hint: "root uses the other commands: countersign --help")
        }
        guard let user = try SystemUser.named(name), user.uid == uid else {
            throw CommandError(
                "SUDO_USER and SUDO_UID name no user of this host: \(name), \(uid)", hint: "log in again")
        }
        return user.person
    }
}

internal import CommandSupport
internal import Glibc

/// People who can log in, as far as the system lists them; a directory service may not list its users.
enum SystemPeople {
    /// First uid of a person (FIRST_UID in adduser.conf, UID_MIN in login.defs).
    private static let first: UInt32 = 1000
    /// Uid of the user nobody.
    private static let nobody: UInt32 = 65_534

    static func all() -> [SystemUser] {
        var people: [SystemUser] = []
        setpwent()
        defer { endpwent() }
        while let entry = getpwent() {
            let user = SystemUser(
                name: String(cString: entry.pointee.pw_name), uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
            guard user.uid >= first, user.uid != nobody, let shell = entry.pointee.pw_shell,
                isLogin(String(cString: shell))
            else {
                continue
            }
            people.append(user)
        }
        return people
    }

    /// Whether the shell allows logins; an empty one stands for /bin/sh (passwd(5)).
    private static func isLogin(_ shell: String) -> Bool {
        !["nologin", "false", "true", "sync", "halt", "shutdown"].contains { shell.hasSuffix("/\($0)") }
    }
}

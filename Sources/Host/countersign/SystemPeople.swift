internal import Glibc

/// Those who can log in, as far as the system names them: what a directory service does not list is not among them.
enum SystemPeople {
    /// The first number of a person (adduser.conf, FIRST_UID; login.defs, UID_MIN).
    private static let first: UInt32 = 1000
    /// Nobody's.
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

    /// None is /bin/sh (passwd(5)).
    private static func isLogin(_ shell: String) -> Bool {
        !["nologin", "false", "true", "sync", "halt", "shutdown"].contains { shell.hasSuffix("/\($0)") }
    }
}

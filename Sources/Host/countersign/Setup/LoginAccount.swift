internal import CommandSupport
internal import Glibc

/// A user of this host who could log in: by a password, or by a key.
struct LoginAccount {
    let name: String
    let uid: UInt32
    let home: String
    /// Whether its shell is one to work in.
    let hasShell: Bool
    var password: Password

    enum Password {
        /// A locked one in /etc/shadow.
        case none
        case here
        /// It may be known elsewhere, as to a directory.
        case unknown
    }

    var hasPassword: Bool { password != .none }

    /// Largest file that is read, in bytes.
    private static let most = 8_388_608

    /// All users that the system lists.
    ///
    /// - Throws: `CommandError` if /etc/shadow cannot be read.
    static func all() throws -> [LoginAccount] {
        guard let shadow = FileText.read("/etc/shadow", most: most) ?? (errno == ENOENT ? "" : nil) else {
            throw CommandError("/etc/shadow cannot be read: \(systemReason())", hint: "run this as root")
        }
        let hashes = shadow.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let pairs = hashes.filter { $0.count > 1 }.map { (String($0[0]), Self.isUsable($0[1])) }
        let usable = Dictionary(pairs) { first, second in first || second }
        var found: [LoginAccount] = []
        var names: Set<String> = []
        setpwent()
        defer { endpwent() }
        while let entry = getpwent() {
            let name = String(cString: entry.pointee.pw_name)
            guard names.insert(name).inserted else { continue }
            let shell = String(cString: entry.pointee.pw_shell).split(separator: "/").last ?? ""
            // Users of a directory have no line in the file.
            let password = usable[name].map { $0 ? Password.here : .none } ?? .unknown
            found.append(
                LoginAccount(
                    name: name, uid: entry.pointee.pw_uid, home: String(cString: entry.pointee.pw_dir),
                    hasShell: !["nologin", "false", "sync"].contains(shell), password: password))
        }
        return found
    }

    /// Whether a password can match: a locked one begins with `!` or `*` (shadow(5)); sshd takes no empty one.
    private static func isUsable(_ hash: Substring) -> Bool {
        guard let first = hash.first else { return false }
        return first != "!" && first != "*"
    }

    /// Whether one of the files has a key; one that cannot be read counts.
    func hasKey(in files: String) -> Bool {
        files.split(separator: " ").filter { $0 != "none" }.contains { pattern in
            let path = expanded(String(pattern))
            guard let text = Self.text(path) else {
                return ![ENOENT, ENOTDIR].contains(errno) || (path.hasPrefix("\(home)/") && isHomeHidden)
            }
            return text.split(separator: "\n").contains { line in
                let first = line.first { $0 != " " && $0 != "\t" }
                return first.map { $0 != "#" } ?? false
            }
        }
    }

    /// Whether the home directory may hold more than is seen now: it is not mounted, or encrypted.
    var isHomeHidden: Bool {
        hasShell && (access(home, F_OK) != 0 || access("\(home)/.ecryptfs", F_OK) == 0)
    }

    /// Reads a file that its owner may have made anything of: only a regular one is opened.
    ///
    /// Returns nil, and sets errno, if it cannot be read.
    private static func text(_ path: String) -> String? {
        let named = open(path, onlyNaming | O_CLOEXEC)
        guard named >= 0 else { return nil }
        defer { close(named) }
        var found = stat()
        guard fstat(named, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            // sshd takes no key from it either.
            errno = ENOENT
            return nil
        }
        return FileText.read("/proc/self/fd/\(named)", most: most)
    }

    /// O_PATH, which fcntl.h defines for GNU programs only.
    private static let onlyNaming: CInt = 0o10000000

    /// Puts the values of `%h`, `%u`, `%U` and `%%` into a path, as sshd does.
    private func expanded(_ pattern: String) -> String {
        var path = ""
        var isToken = false
        for character in pattern {
            guard isToken || character == "%" else {
                path.append(character)
                continue
            }
            defer { isToken.toggle() }
            guard isToken else { continue }
            switch character {
            case "h": path += home
            case "u": path += name
            case "U": path += String(uid)
            default: path.append(character)
            }
        }
        return path.hasPrefix("/") ? path : "\(home)/\(path)"
    }
}

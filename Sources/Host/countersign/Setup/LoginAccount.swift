internal import CommandSupport
internal import Glibc

/// A user of this host who could log in: by a password, or by a key.
struct LoginAccount {
    let name: String
    let uid: UInt32
    let home: String
    let hasPassword: Bool

    /// Largest file that is read, in bytes.
    private static let most = 8_388_608

    /// All users that the system lists.
    ///
    /// - Throws: `CommandError` if /etc/shadow cannot be read.
    static func all() throws -> [LoginAccount] {
        guard let shadow = FileText.read("/etc/shadow", most: most) else {
            throw CommandError("/etc/shadow cannot be read: \(systemReason())", hint: "run this as root")
        }
        let hashes = shadow.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let usable = hashes.filter { $0.count > 1 && isUsable($0[1]) }.compactMap(\.first).map(String.init)
        let withPassword = Set(usable)
        var found: [LoginAccount] = []
        var names: Set<String> = []
        setpwent()
        defer { endpwent() }
        while let entry = getpwent() {
            let name = String(cString: entry.pointee.pw_name)
            guard names.insert(name).inserted else { continue }
            found.append(
                LoginAccount(
                    name: name, uid: entry.pointee.pw_uid, home: String(cString: entry.pointee.pw_dir),
                    hasPassword: withPassword.contains(name)))
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
            guard let text = Self.text(path) else { return ![ENOENT, ENOTDIR].contains(errno) }
            return text.split(separator: "\n").contains { line in
                let first = line.first { $0 != " " && $0 != "\t" }
                return first.map { $0 != "#" } ?? false
            }
        }
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

/// A way to log in by ssh.
enum SSHWay: String, CaseIterable {
    case key, password
    case keyAndPassword = "key and password"
}

/// Settings of sshd for one user, as `sshd -T -C` prints them.
struct SSHSettings {
    private static let program = "/usr/sbin/sshd"
    private let values: [String: String]

    static var isInstalled: Bool { access(program, X_OK) == 0 }

    /// Asks sshd; `file` is a file in place of its own, `user` nil for what holds where no `Match` block applies.
    ///
    /// - Throws: `CommandError` with sshd's reason.
    init(of user: String?, in file: String? = nil) throws {
        let connection = user.map { ["-C", "user=\($0),host=localhost,addr=127.0.0.1"] } ?? []
        let arguments = ["-T"] + (file.map { ["-f", $0] } ?? []) + connection
        guard let (code, output) = SystemProgram.output(Self.program, arguments: arguments, milliseconds: 10_000)
        else {
            throw CommandError("sshd -T gives no answer", hint: "sshd -t")
        }
        guard code == 0 else {
            let why = output.split(separator: "\n").last.map { String($0.prefix(200)) } ?? "exit code \(code)"
            let hint =
                if why.contains("privilege separation") {
                    "install -d -m 755 /run/sshd, and run this again"
                } else {
                    "sshd -t names file and line"
                }
            throw CommandError("sshd does not say its settings: \(why)", hint: hint)
        }
        let pairs = output.split(separator: "\n").compactMap { line -> (String, String)? in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return words.count == 2 ? (words[0].lowercased(), words[1]) : nil
        }
        values = Dictionary(pairs) { first, _ in first }
    }

    subscript(_ keyword: String) -> String { values[keyword] ?? "" }

    /// Whether PAM can ask more than one question.
    var asksByPAM: Bool { self["kbdinteractiveauthentication"] == "yes" }
    var takesPassword: Bool { self["passwordauthentication"] == "yes" || asksByPAM }
    /// Ways that are enough, each as a list of methods; nil for any single method.
    private var methods: [[Substring]]? {
        let text = self["authenticationmethods"]
        if text.isEmpty || text == "any" { return nil }
        return text.split(separator: " ").map { $0.split(separator: ",") }
    }
    var takesAnyMethod: Bool { methods == nil }
    /// Whether every way goes through PAM's questions.
    var alwaysAsksPAM: Bool {
        methods?.allSatisfy { $0.contains { $0.hasPrefix("keyboard-interactive") } } ?? false
    }

    /// Ways in which this user can log in, and could be asked by PAM for more where a password is part of them.
    func ways(of account: LoginAccount) -> Set<SSHWay> {
        let root = account.uid == 0 ? self["permitrootlogin"] : "yes"
        let hasKey =
            self["pubkeyauthentication"] == "yes" && root != "no"
            && account.hasKey(in: self["authorizedkeysfile"])
        let hasPassword = takesPassword && root == "yes" && account.hasPassword
        guard let methods else {
            return Set((hasKey ? [SSHWay.key] : []) + (hasPassword ? [.password] : []))
        }
        return Set(methods.compactMap { way(by: $0, hasKey: hasKey, hasPassword: hasPassword) })
    }

    private func way(by list: [Substring], hasKey: Bool, hasPassword: Bool) -> SSHWay? {
        let names = Set(list.map { $0.split(separator: ":").first ?? $0 })
        let (takesKey, asks) = (
            names.contains("publickey"), !names.isDisjoint(with: ["password", "keyboard-interactive"])
        )
        guard names.isSubset(of: ["publickey", "password", "keyboard-interactive"]), hasKey || !takesKey,
            hasPassword || !asks
        else { return nil }
        if takesKey { return asks ? .keyAndPassword : .key }
        return asks ? .password : nil
    }
}

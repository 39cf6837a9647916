internal import CommandSupport
internal import Glibc

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
    /// Whether every way goes through PAM's questions, and none through the method that cannot ask.
    var alwaysAsksPAM: Bool {
        methods?.allSatisfy { $0.contains { $0.hasPrefix("keyboard-interactive") } && !$0.contains("password") }
            ?? false
    }
    /// Whether PAM is the service that the stack is planned for.
    var usesServiceSSHD: Bool { ["", "sshd"].contains(self["pamservicename"]) }

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
        // sshd drops a list that names a method that is off.
        if names.contains("password"), self["passwordauthentication"] != "yes" { return nil }
        if names.contains("keyboard-interactive"), !asksByPAM { return nil }
        guard names.isSubset(of: ["publickey", "password", "keyboard-interactive"]), hasKey || !takesKey,
            hasPassword || !asks
        else { return nil }
        if takesKey { return asks ? .keyAndPassword : .key }
        return asks ? .password : nil
    }
}

internal import CommandSupport
internal import Glibc

/// What the doctor asks of sshd's settings; they are those of one user, if sshd was asked for one.
extension SSHDaemon.Reading {
    /// The settings as sshd prints them for a user who comes from an address (`sshd -T -C`).
    init(user: String, address: String) {
        guard access(SSHDaemon.program, X_OK) == 0 else {
            self = .absent
            return
        }
        // The value of -C has no quoting.
        guard !user.contains(where: { ",= ".contains($0) }) else {
            self = .unreadable("it cannot be asked for the name \(user)", SSHDaemon(files: SSHMatchBlock.file()))
            return
        }
        self.init(arguments: ["-T", "-C", "user=\(user),host=\(address),addr=\(address)"])
    }

    private var daemon: SSHDaemon? {
        switch self {
        case .absent: nil
        case .unreadable(_, let daemon), .settings(let daemon): daemon
        }
    }

    /// The PAM service that sshd uses.
    var service: String { daemon?.values["pamservicename"] ?? "sshd" }
    /// Methods that let in, as sshd prints them.
    var methods: String { daemon?.values["authenticationmethods"] ?? "any" }
    /// Seconds for a login; 0 for no limit, nil if sshd does not say.
    var graceTime: Int? { daemon?.values["logingracetime"].flatMap { Int($0) } }
    /// Whether the settings are those for a second question.
    var expectsFactor: Bool { methods.contains("keyboard-interactive:pam") }

    /// Ways to log in that do not ask PAM, as text for people.
    var waysPast: [String] {
        guard let daemon else { return [] }
        if daemon.values["usepam"] != "yes" {
            return ["sshd does not use PAM (UsePAM no): ssh asks for no second factor"]
        }
        return daemon.alone(daemon.values) + daemon.kerberos
    }

    /// Match blocks that open a way past PAM, as text for people; nil if there are none.
    func blocks(by way: String) -> String? {
        let blocks =
            daemon.map { daemon in
                daemon.blocks.filter { daemon.alone($0).contains(way) && $0.values["authenticationmethods"] != nil }
            } ?? []
        return blocks.isEmpty ? nil : blocks.map { "\($0.place): \($0.text)" }.joined(separator: "; ")
    }

    /// Match blocks for everybody.
    var blockFindings: [CheckResult] { daemon.map { daemon in daemon.blocks.compactMap(daemon.finding) } ?? [] }

    /// Says that sshd did not answer.
    var unread: [Diagnosis] {
        guard case .unreadable(let why, _) = self else { return [] }
        return [
            .warning(
                "sshd", "sshd does not say its settings, its files were read instead: \(why)",
                hint: "sshd -t says what is wrong; a Match block for some people is not applied here")
        ]
    }

    /// Why logins that are asked would not work.
    func faults(isRoot: Bool) -> [Diagnosis] {
        guard let daemon, daemon.values["usepam"] == "yes" else { return [] }
        var found: [Diagnosis] = daemon.unable.map { .found("sshd", $0) }
        if methods != "any", methods.split(separator: " ").allSatisfy({ $0.split(separator: ",").last == "password" }) {
            found.append(
                .problem(
                    "sshd", "AuthenticationMethods \(methods): with `password` the module cannot ask anything",
                    hint: "write keyboard-interactive:pam in place of password"))
        }
        let root = daemon.values["permitrootlogin"] ?? ""
        if isRoot, ["without-password", "prohibit-password"].contains(root), methods.contains("keyboard-interactive") {
            found.append(
                .problem(
                    "sshd", "PermitRootLogin \(root) refuses root after the second factor, whatever is typed",
                    hint: "PermitRootLogin yes with AuthenticationMethods, or no: see pam.d/sshd in the documentation"))
        }
        return found + daemon.keySources
    }
}

extension SSHDaemon {
    /// Sources of keys that sshd does not use: people with keys from there cannot log in.
    fileprivate var keySources: [Diagnosis] {
        var found: [Diagnosis] = []
        if let program = values["authorizedkeyscommand"]?.split(separator: " ").first.map(String.init),
            program != "none"
        {
            var status = stat()
            let isThere = stat(program, &status) == 0 && status.st_mode & 0o111 != 0
            if !isThere || status.st_uid != 0 || status.st_mode & 0o022 != 0 {
                let why = isThere ? "others than root may change it" : "it is no program"
                found.append(
                    .problem(
                        "sshd", "AuthorizedKeysCommand \(program): \(why): sshd takes no key from it",
                        hint: "it must be root's, and executable: sshd_config(5)"))
            }
        }
        if let file = values["trustedusercakeys"], file != "none", access(file, R_OK) != 0 {
            found.append(
                .problem(
                    "sshd", "TrustedUserCAKeys \(file): \(systemReason()): sshd takes no certificate",
                    hint: "restore the file, or take the line out"))
        }
        return found
    }

    /// sshd checks passwords by Kerberos before it asks PAM.
    fileprivate var kerberos: [String] {
        let methods = values["authenticationmethods"] ?? "any"
        let takesPassword =
            values["passwordauthentication"] == "yes" && (methods == "any" || methods.contains("password"))
        guard takesPassword, values["kerberosauthentication"] == "yes" else { return [] }
        return ["sshd lets in by a Kerberos password alone (KerberosAuthentication yes): no second factor is asked for"]
    }
}

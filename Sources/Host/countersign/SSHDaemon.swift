internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// The settings of this host's sshd, as `sshd -T` prints them (sshd(8)), and its `Match` blocks.
///
/// The settings apply where no block changes them.
struct SSHDaemon {
    enum Reading {
        /// There is no sshd.
        case absent
        /// Holds sshd's reason for printing nothing, and what its files say.
        case unreadable(String, SSHDaemon)
        case settings(SSHDaemon)
    }

    static let program = "/usr/sbin/sshd"
    /// Methods that ask PAM.
    private static let asking: Set<String> = ["keyboard-interactive", "keyboard-interactive:pam", "password"]
    /// Methods that let in by themselves, each with the setting that allows it.
    private static let others = [
        ("publickey", "pubkeyauthentication"), ("gssapi-with-mic", "gssapiauthentication"),
        ("hostbased", "hostbasedauthentication"),
    ]
    static let advice =
        "take the sshd_config lines of pam.d/sshd in the documentation, then: sshd -t && systemctl reload ssh"

    let values: [String: String]
    let blocks: [SSHMatchBlock]

    /// sshd's defaults of the settings that are looked at.
    private static let defaults = [
        "usepam": "no", "pubkeyauthentication": "yes", "kbdinteractiveauthentication": "yes",
    ]

    /// The settings in sshd's files, for when sshd prints none.
    init(files: (values: [String: String], blocks: [SSHMatchBlock])) {
        values = Self.defaults.merging(files.values) { _, said in said }
        blocks = files.blocks
    }

    fileprivate init(_ output: String, _ blocks: [SSHMatchBlock]) {
        self.blocks = blocks
        let pairs = output.split(separator: "\n").compactMap { line -> (String, String)? in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return if words.count == 2 { (words[0].lowercased(), words[1]) } else { nil }
        }
        values = Dictionary(pairs) { first, _ in first }
    }

    fileprivate var findings: [CheckResult] {
        if values["usepam"] != "yes" {
            return [
                Self.open("sshd does not use PAM (UsePAM \(values["usepam"] ?? "no")): ssh asks for no second factor")
            ]
        }
        return otherService + alone(values).map(Self.open) + unable + blocks.compactMap(finding)
    }

    /// OpenSSH 9.8 and later can use the stack of another service.
    private var otherService: [CheckResult] {
        guard let name = values["pamservicename"], name != "sshd", AuthStack(of: name)?.asks != true else { return [] }
        return [
            Self.open(
                "sshd uses /etc/pam.d/\(name) (PAMServiceName), which has no pam_countersign: "
                    + "ssh asks for no second factor"
            )
        ]
    }

    /// Ways to log in by ssh that do not ask PAM.
    func alone(_ values: [String: String]) -> [String] {
        let methods = values["authenticationmethods"] ?? "any"
        guard methods != "any" else {
            let enabled = Self.others.filter { values[$0.1] == "yes" }.map(\.0)
            guard !enabled.isEmpty else { return [] }
            let names = enabled.joined(separator: ", ")
            return ["sshd lets in by \(names) alone (AuthenticationMethods any): no second factor is asked for"]
        }
        let open = methods.split(separator: " ").filter {
            Self.asking.isDisjoint(with: $0.split(separator: ",").map(String.init))
        }
        return open.map { "sshd lets in by \($0) alone (AuthenticationMethods): no second factor is asked for" }
    }

    /// The same for the people of a block.
    func alone(_ block: SSHMatchBlock) -> [String] {
        alone(values.merging(block.values) { _, changed in changed })
    }

    func finding(_ block: SSHMatchBlock) -> CheckResult? {
        guard block.isForEverybody, let way = alone(block).first, !alone(values).contains(way) else { return nil }
        return Self.open("\(block.place): `\(block.text)`: \(way)")
    }

    /// Blocks that let some people, or some addresses, in without PAM, as text for people.
    var exempt: [String] {
        blocks.filter { !$0.isForEverybody && !alone($0).isEmpty && alone($0) != alone(values) }.map {
            "\($0.place): \($0.text)"
        }
    }

    private static func open(_ message: String) -> CheckResult { CheckResult(message, advice, effect: .asksNotAll) }

    /// Without this method sshd cannot ask a second question.
    var unable: [CheckResult] {
        guard values["kbdinteractiveauthentication"] == "no" else { return [] }
        return [
            CheckResult(
                "sshd cannot ask for a second factor: KbdInteractiveAuthentication is no", Self.advice,
                effect: .stopsLogins)
        ]
    }
}

extension SSHDaemon.Reading {
    init() {
        guard access(SSHDaemon.program, X_OK) == 0 else {
            self = .absent
            return
        }
        self.init(arguments: ["-T"])
    }

    /// Runs sshd with these arguments; its files are read if it says nothing.
    init(arguments: [String]) {
        guard let (code, output) = SystemProgram.output(SSHDaemon.program, arguments: arguments, milliseconds: 10_000)
        else {
            self = .unreadable("it gave no answer", SSHDaemon(files: SSHMatchBlock.file()))
            return
        }
        let last = output.split(separator: "\n").last.map { String($0.prefix(200)) } ?? "exit code \(code)"
        let files = SSHMatchBlock.file()
        self =
            if code == 0 {
                .settings(SSHDaemon(output, files.blocks))
            } else {
                .unreadable(last, SSHDaemon(files: files))
            }
    }

    /// People or addresses that sshd lets in without PAM.
    var exempt: [String] {
        switch self {
        case .absent: []
        case .unreadable(_, let settings), .settings(let settings): settings.exempt
        }
    }

    var findings: [CheckResult] {
        switch self {
        case .absent: []
        case .unreadable(let why, let settings):
            [
                CheckResult(
                    "sshd does not say its settings, its files were read instead: sshd -T: \(why)",
                    "when sshd runs: countersign check")
            ]
                + settings.findings
        case .settings(let settings): settings.findings
        }
    }
}

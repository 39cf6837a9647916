internal import Glibc

/// What sudoers(5) allows without PAM, or with another service's stack, as `cvtsudoers` prints it.
struct Sudoers {
    /// Services whose stacks sudo uses in place of `sudo` and `sudo-i`, each with the line that says so.
    private(set) var services: [(name: String, line: String)] = []
    /// Settings and rules by which nobody is asked.
    private(set) var unasked: [String] = []
    /// Settings and rules by which some people, or some commands, are not asked.
    private(set) var exempt: [String] = []
    /// Settings by which sudo asks another person, or asks seldom: the line, why, and what to do.
    private(set) var doubts: [(line: String, why: String, hint: String)] = []

    private static let program = "/usr/bin/cvtsudoers"
    static let file = "/etc/sudoers"

    /// Returns nil if there is no sudo, or if its file cannot be read.
    init?() {
        guard access(Self.program, X_OK) == 0, access(Self.file, F_OK) == 0,
            let (code, output) = SystemProgram.output(
                Self.program, arguments: ["-e", "-f", "sudoers", Self.file], milliseconds: 10_000), code == 0
        else { return nil }
        self.init(output)
    }

    private init(_ output: String) {
        for line in Self.joined(output) {
            if line.hasPrefix("Defaults") { readDefaults(line) } else if line.contains("NOPASSWD:") { readRule(line) }
        }
    }

    private mutating func readDefaults(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, let scope = words.first else { return }
        for option in words[1].split(separator: ",").map(Self.trimmed) {
            let said = "\(scope) \(option)"
            switch option.split(separator: "=").first.map(Self.trimmed) {
            case "!authenticate" where scope == "Defaults": unasked.append(said)
            case "!authenticate", "exempt_group": exempt.append(said)
            case "authenticate" where scope == "Defaults": unasked.removeAll { $0 == "Defaults !authenticate" }
            case "pam_service", "pam_login_service":
                let name = option.split(separator: "=").last.map(Self.trimmed) ?? ""
                services.append((name.filter { $0 != "\"" }, said))
            case "targetpw", "rootpw", "runaspw":
                doubts.append(
                    (
                        said, "sudo asks for another user's password, and for that user's factor",
                        "take it out, or set factor_of = \"caller\" for sudo (countersign.toml(5))"
                    ))
            case "timestamp_timeout":
                let minutes = option.split(separator: "=").last.map(Self.trimmed).flatMap { Double($0) } ?? 0
                guard minutes < 0 || minutes > 60 else { continue }
                doubts.append((said, "people are not asked again for a long time", "set 15 or less: visudo"))
            default: break
            }
        }
    }

    private mutating func readRule(_ line: String) {
        let users = line.split(separator: "=").first.map(Self.trimmed) ?? ""
        let isForAll = users == "ALL ALL" && (line.contains("NOPASSWD: ALL") || line.contains("NOPASSWD: SETENV: ALL"))
        if isForAll { unasked.append(line) } else { exempt.append(String(line.prefix(120))) }
    }

    /// Joins continued lines.
    private static func joined(_ text: String) -> [String] {
        var lines: [String] = []
        var open = ""
        for line in text.split(separator: "\n") {
            let line = trimmed(line)
            if line.hasSuffix("\\") {
                open += line.dropLast()
            } else {
                lines.append(open + line)
                open = ""
            }
        }
        return lines
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

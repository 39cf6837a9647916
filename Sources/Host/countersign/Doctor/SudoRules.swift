internal import CommandSupport
internal import Glibc

/// What sudo lets one user do, as `sudo -ll -U USER` prints it.
///
/// sudo itself decides which rules are the user's: `cvtsudoers` ignores `!` in lists of users.
struct SudoRules {
    enum Reading {
        case absent
        case unreadable(String)
        case rules(SudoRules)
    }

    private static let program = "/usr/bin/sudo"

    /// Settings for the user, as `name`, `!name` or `name=value`.
    let options: [String]
    /// Commands that need no password, and therefore no factor.
    let unasked: [String]
    /// Whether the user may run anything.
    let isAllowed: Bool

    fileprivate init(_ text: String) {
        var (options, unasked, allowed) = ([String](), [String](), false)
        var isInOptions = false
        var (isAsked, isInCommands) = (true, false)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.trimmed
            if line.hasPrefix("Matching Defaults entries") {
                isInOptions = true
            } else if words.isEmpty {
                (isInOptions, isInCommands) = (false, false)
            } else if isInOptions {
                options += words.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
            } else if words.hasPrefix("Sudoers entry:") || words.hasPrefix("LDAP Role:")
                || words.hasPrefix("SSSD Role:")
            {
                (allowed, isAsked, isInCommands) = (true, true, false)
            } else if words.hasPrefix("Options:") {
                let names = words.dropFirst(8).split(separator: ",").map { $0.trimmed }
                if names.contains("!authenticate") { isAsked = false }
                if names.contains("authenticate") { isAsked = true }
            } else if words.hasPrefix("Commands:") {
                isInCommands = true
            } else if isInCommands, !isAsked {
                unasked.append(words)
            }
        }
        (self.options, self.unasked, isAllowed) = (options, unasked, allowed)
    }

    func diagnoses(of user: String) -> [Diagnosis] {
        guard isAllowed else { return [.ok("sudo", "\(user) may run nothing with sudo")] }
        var found: [Diagnosis] = []
        if value("authenticate") == "no" {
            found.append(
                .problem(
                    "sudo", "\(user) is asked for neither password nor factor: !authenticate",
                    hint: "take the line out: visudo"))
        }
        if unasked.contains("ALL") {
            found.append(
                .problem(
                    "sudo", "\(user) is asked for neither password nor factor: NOPASSWD: ALL",
                    hint: "take NOPASSWD out: visudo"))
        } else if let first = unasked.first {
            let more = unasked.count > 1 ? " and \(unasked.count - 1) more" : ""
            found.append(
                .warning(
                    "sudo", "\(user) is not asked for NOPASSWD: \(first)\(more)", hint: "if that is not meant: visudo"))
        }
        for (name, command) in [("pam_service", "sudo"), ("pam_login_service", "sudo -i")] {
            guard let service = value(name), !AuthStack.used(by: service).asks else { continue }
            found.append(
                .problem(
                    "sudo", "`\(command)` uses /etc/pam.d/\(service) (\(name)), which has no pam_countersign",
                    hint: "put the line there too"))
        }
        found += doubts(user)
        return found.isEmpty ? [.ok("sudo", "\(user) is asked\(again)")] : found
    }

    private var again: String {
        guard let text = value("timestamp_timeout"), let minutes = Double(text) else { return "" }
        return minutes == 0 ? ", each time" : ", and for \(text) minutes not again"
    }

    private func doubts(_ user: String) -> [Diagnosis] {
        let changing = ["targetpw", "rootpw", "runaspw"].filter { value($0) == "yes" }.map { name in
            Diagnosis.warning(
                "sudo", "sudo asks for another user's password, and for that user's factor: \(name)",
                hint: "take \(name) out, or set factor_of = \"caller\" for sudo (countersign.toml(5))")
        }
        guard let text = value("timestamp_timeout"), let minutes = Double(text), minutes < 0 || minutes > 60 else {
            return changing
        }
        let time = minutes < 0 ? "until the machine restarts" : "for \(text) minutes"
        return changing + [
            .warning(
                "sudo", "\(user) is not asked again \(time): timestamp_timeout=\(text)", hint: "set 15 or less: visudo")
        ]
    }

    /// The last value of a setting: `yes` or `no` for a flag; nil if sudoers does not name it.
    private func value(_ name: String) -> String? {
        for option in options.reversed() {
            if option == name { return "yes" }
            if option == "!" + name { return "no" }
            if option.hasPrefix(name + "=") {
                return option.dropFirst(name.count + 1).filter { $0 != "\"" }.description
            }
        }
        return nil
    }
}

extension SudoRules.Reading {
    init(user: String) {
        guard access("/usr/bin/sudo", X_OK) == 0 else {
            self = .absent
            return
        }
        guard
            let (code, text) = SystemProgram.output(
                "/usr/bin/sudo", arguments: ["-n", "-ll", "-U", user], milliseconds: 10_000)
        else {
            self = .unreadable("it gave no answer in 10 seconds")
            return
        }
        let last = text.split(separator: "\n").last.map { String($0.prefix(200)) } ?? "exit code \(code)"
        self =
            if code == 0 || text.contains(" is not allowed to run sudo") { .rules(SudoRules(text)) } else {
                .unreadable(last)
            }
    }
}

extension StringProtocol {
    /// The text without blanks at both ends.
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

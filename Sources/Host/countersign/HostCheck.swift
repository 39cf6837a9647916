internal import CommandSupport
internal import Glibc

/// What the PAM stacks and the sshd of this host do with the module.
///
/// Only root can make this check, as sshd's settings and some stacks are readable by root alone.
struct HostCheck {
    /// Services of the programs that most logins use.
    private static let usual = ["login", "sshd", "su", "su-l", "sudo", "sudo-i"]

    /// Services that run the module.
    let asked: [String]
    /// Usual services that do not.
    let notAsked: [String]
    /// Lines that exempt some users or callers on purpose.
    let exempt: [String]
    let findings: [CheckResult]

    /// Checks the host against the settings at this path.
    init(settings: String) {
        let stacks = AuthStack.services().compactMap(AuthStack.init(of:))
        let asking = stacks.filter(\.asks)
        asked = asking.map(\.service)
        notAsked = Self.usual.filter { name in stacks.contains { $0.service == name && !$0.asks } }
        guard !asking.isEmpty else {
            exempt = []
            findings = Self.module(asking) + [Self.noStack]
            return
        }
        let sshd: SSHDaemon.Reading = if asked.contains("sshd") { SSHDaemon.Reading() } else { .absent }
        let asksAtSudo = asked.contains { ["sudo", "sudo-i"].contains($0) }
        let sudoers: Sudoers? = if asksAtSudo { Sudoers() } else { nil }
        exempt = Self.exemptions(asking) + sshd.exempt + (sudoers?.exempt ?? []).map { "/etc/sudoers: \($0)" }
        let ofStacks =
            Self.module(asking) + Self.judged(asking)
            + Self.otherSettings(asking, settings: settings)
            + Self.secondDoors()
        findings = ofStacks + sshd.findings + (sudoers.map(Self.sudo) ?? [])
    }

    static let noStack = CheckResult(
        "no file in /etc/pam.d has pam_countersign: nobody is asked for a second factor",
        "put the line into the stacks, as in pam.d/sudo and pam.d/sshd of the documentation, and check again",
        effect: .asksNobody)

    /// Checks that libpam finds the module where a stack names it without a path.
    static func module(_ stacks: [AuthStack]) -> [CheckResult] {
        let lines = stacks.flatMap(\.lines).filter(\.isOurs)
        let paths = lines.filter { $0.path.hasPrefix("/") && access($0.path, R_OK) != 0 }.map { line in
            CheckResult(
                "\(line.place): \(line.path): \(systemReason(ENOENT)): its logins are refused",
                "make install, and name the module without a path",
                effect: .stopsLogins)
        }
        guard PAMModules.files(AuthStack.module).isEmpty else { return once(paths) }
        let isUsed = lines.contains { !$0.path.hasPrefix("/") }
        let effect =
            if isUsed { "the stacks that name it refuse every login" } else { "no stack can use it by its name" }
        let missing = CheckResult(
            "\(AuthStack.module) is in none of libpam's directories: \(effect)", "make install",
            effect: isUsed ? .stopsLogins : .advice)
        return once(paths) + [missing]
    }

    private static func judged(_ stacks: [AuthStack]) -> [CheckResult] {
        once(
            stacks.compactMap { stack in
                let judgment = StackJudgment(stack)
                return judgment.text.map { CheckResult($0.message, $0.hint, effect: judgment.effect) }
            })
    }

    static func exemptions(_ stacks: [AuthStack]) -> [String] {
        let lines = stacks.flatMap(\.lines).filter { $0.exempts && $0.module != "pam_rootok.so" && $0.hasWay }
        var texts: [String] = []
        for line in lines {
            let text = "\(line.place): \(line.module) \(line.arguments.joined(separator: " "))"
            if !texts.contains(text) { texts.append(text) }
        }
        return texts
    }

    static func sudo(_ sudoers: Sudoers) -> [CheckResult] {
        let other = sudoers.services.filter { AuthStack(of: $0.name)?.asks != true }.map { name, line in
            CheckResult(
                "/etc/sudoers: `\(line)`: /etc/pam.d/\(name) has no pam_countersign: sudo asks for no second factor",
                "put the same line into /etc/pam.d/\(name)", effect: .asksNotAll)
        }
        let unasked = sudoers.unasked.map { line in
            CheckResult(
                "/etc/sudoers: `\(line)`: sudo asks for neither password nor second factor",
                "take that line away: visudo",
                effect: .asksNotAll)
        }
        return other + unasked
    }

    /// Lines of stacks that name other settings.
    private static func otherSettings(_ stacks: [AuthStack], settings: String) -> [CheckResult] {
        let lines = stacks.flatMap(\.lines).filter(\.isOurs)
        return once(
            lines.compactMap { line in
                let named = line.arguments.last { $0.hasPrefix("config=") }.map { String($0.dropFirst(7)) }
                guard let named, named != settings else { return nil }
                return CheckResult(
                    "\(line.place): these logins read \(named), not \(settings)", "countersign check --config \(named)")
            })
    }

    /// Drops findings that are repeated because several services include the same line.
    private static func once(_ findings: [CheckResult]) -> [CheckResult] {
        findings.enumerated().filter { index, finding in
            !findings.prefix(index).contains { $0.message == finding.message }
        }.map(\.element)
    }

    /// Sibling services (sudo and sudo-i, su and su-l) where only one runs the module.
    static func secondDoors() -> [CheckResult] {
        [("sudo", "sudo-i", "sudo -i"), ("su", "su-l", "su -")].flatMap { name, other, command -> [CheckResult] in
            let (first, second, rest) = (AuthStack(of: name), AuthStack(of: other), AuthStack(of: "other"))
            let file = "/etc/pam.d/\(other)"
            // A stack that libpam cannot read is no way in.
            guard first?.isRefused != true, second?.isRefused != true else { return [] }
            switch (first?.asks, second?.asks) {
            case (true, false):
                return [
                    CheckResult(
                        "/etc/pam.d/\(name) has pam_countersign, but \(file) has not: "
                            + "`\(command)` asks for no second factor",
                        "put the same line into \(file)")
                ]
            case (false, true):
                return [
                    CheckResult(
                        "\(file) has pam_countersign, but /etc/pam.d/\(name) has not: "
                            + "`\(name)` asks for no second factor",
                        "put the same line into /etc/pam.d/\(name)")
                ]
            case (true, nil) where rest?.asks == false && rest?.denies == false:
                return [
                    CheckResult(
                        "\(file) is missing: `\(command)` goes by /etc/pam.d/other, which asks for no second factor",
                        "pam.d/\(name) in the documentation says what to put there")
                ]
            default: return []
            }
        }
    }
}

internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import LoginPolicy

/// The services of this host: whether and for which users they ask the module, and what gets past it.
struct DoctorHost {
    /// Services of programs through which people log in, or become another user.
    private static let doors = [
        "sshd", "login", "remote", "su", "su-l", "sudo", "sudo-i", "polkit-1", "cockpit", "xrdp-sesman", "gdm-password",
        "lightdm", "sddm", "xdm", "lxdm", "greetd", "kde",
    ]
    /// Those of them that are reached over the network.
    private static let remote: Set<String> = ["cockpit", "xrdp-sesman"]
    /// An address from which nobody comes (RFC 5737), for when none is named.
    private static let nowhere = "192.0.2.1"

    private let user: SystemUser?
    private let address: String
    private let services: [AuthStack]
    private let asking: [AuthStack]
    private let ssh: SSHDaemon.Reading
    /// As for nobody in particular.
    private let sshForAll: SSHDaemon.Reading
    private let sshStack: AuthStack

    /// Reads the stacks, and asks sshd for its settings.
    init(user: SystemUser?, from: String?) {
        self.user = user
        address = from ?? Self.nowhere
        services = AuthStack.services().map(AuthStack.used(by:))
        asking = services.filter { $0.asks && !$0.isFallback }
        sshForAll = SSHDaemon.Reading()
        ssh = user.map { [address] in SSHDaemon.Reading(user: $0.name, address: address) } ?? sshForAll
        sshStack = AuthStack.used(by: ssh.service)
    }

    // MARK: stacks

    func stacks() -> [Diagnosis] {
        guard !asking.isEmpty else {
            return [.found("stacks", HostCheck.noStack)] + faults(of: services)
        }
        let found =
            faults(of: services)
            + HostCheck.module(asking).filter(\.isProblem).map { .found("module", $0) } + judged
        let siblings = HostCheck.secondDoors().map { Diagnosis.problem("stacks", $0.message, hint: $0.hint) }
        return found + siblings + exemptions + notAsked
    }

    /// What libpam cannot read; where it concerns no login that is looked at, it is a warning.
    private func faults(of stacks: [AuthStack]) -> [Diagnosis] {
        let matter = stacks.filter { $0.asks || $0.isRefused || Self.doors.contains($0.service) }.flatMap(\.faults)
        let others = stacks.flatMap(\.faults).filter { !matter.contains($0) }
        return matter.map { .problem("stacks", $0.text, hint: $0.hint) }
            + others.map { .warning("stacks", $0.text, hint: $0.hint) }
    }

    private var judged: [Diagnosis] {
        (asking + services.filter { $0.isRefused && !$0.asks }).flatMap(judged)
    }

    private func judged(_ stack: AuthStack) -> [Diagnosis] {
        guard !stack.isRefused else {
            return [
                .problem(
                    stack.service, "libpam refuses every login of this service, as it cannot read its stack",
                    hint: "correct what is named above")
            ]
        }
        let texts = StackJudgment.all(stack).compactMap(\.text)
        guard texts.isEmpty else { return texts.map { .problem(stack.service, $0.message, hint: $0.hint) } }
        return [.ok(stack.service, "asks for a second factor: \(place(stack))")]
    }

    private func place(_ stack: AuthStack) -> String { stack.lines.first(where: \.isOurs)?.place ?? "" }

    private var exemptions: [Diagnosis] {
        HostCheck.exemptions(asking).map { .ok("stacks", "not asked by way of \($0)") }
    }

    private var notAsked: [Diagnosis] {
        let names = asking.map(\.service)
        let isRemote = names.contains("sshd")
        return services.filter { Self.doors.contains($0.service) && !names.contains($0.service) }.map { stack in
            let message = "not asked for a second factor: its stack has no pam_countersign"
            guard isRemote, Self.remote.contains(stack.service), !stack.denies else {
                return .ok(stack.service, message)
            }
            return .warning(
                stack.service, "people come in over the network and are " + message,
                hint: "put the line of pam_countersign into /etc/pam.d/\(stack.service), or stop the service")
        }
    }

    // MARK: sshd

    func sshd() -> [Diagnosis] {
        if case .absent = ssh { return [] }
        let named = user.map { "\($0.name) from \(address)" }
        guard sshStack.asks else { return ssh.expectsFactor ? [Self.forgotten(sshStack.service)] : [] }
        var found = ssh.unread
        let general = sshForAll.waysPast
        for way in ssh.waysPast {
            let places = sshForAll.blocks(by: way).map { " (\($0))" } ?? ""
            let what = named.map { "\($0): \(way)\(places)" } ?? way + places
            // A rule for some people is taken for one that is meant.
            guard general.contains(way) else {
                found.append(.warning("sshd", what, hint: "if that is not meant, change the Match block"))
                continue
            }
            found.append(.problem("sshd", what, hint: SSHDaemon.advice))
        }
        found += ssh.blockFindings.map { .found("sshd", $0) } + ssh.faults(isRoot: user?.uid == 0)
        if user == nil { found += ssh.exempt.map { .ok("sshd", "not asked by way of \($0)") } }
        guard found.allSatisfy({ $0.status == .ok }) else { return found }
        return [.ok("sshd", "\(named ?? "everybody") is asked: \(ssh.methods)")] + found
    }

    private static func forgotten(_ service: String) -> Diagnosis {
        .problem(
            "sshd", "AuthenticationMethods wants a second question, but /etc/pam.d/\(service) has no pam_countersign",
            hint: "put the line back, as in pam.d/sshd of the documentation, or take the sshd_config lines away")
    }

    /// Compares sshd's time limit with that of the settings.
    func times(_ settings: Settings) -> [Diagnosis] {
        guard sshStack.asks, let limit = ssh.graceTime, limit > 0 else { return [] }
        let deadline = settings.login(for: sshStack.service).deadline
        guard limit <= deadline else { return [] }
        return [
            .warning(
                "sshd", "LoginGraceTime is \(limit) s, and a login may take \(deadline) s (login.deadline)",
                hint: "set LoginGraceTime to \(deadline + 30), or a shorter deadline")
        ]
    }

    // MARK: sudo

    func sudo() -> [Diagnosis] {
        guard asking.contains(where: { ["sudo", "sudo-i"].contains($0.service) }) else { return [] }
        guard let user else { return sudoForAll }
        guard user.uid != 0 else { return [.ok("sudo", "root is never asked")] }
        switch SudoRules.Reading(user: user.name) {
        case .absent: return []
        case .unreadable(let why):
            return [
                .problem(
                    "sudo", "sudo does not say what \(user.name) may do: \(why)",
                    hint: "visudo -c, then: sudo -l -U \(user.name)"
                )
            ]
        case .rules(let rules): return rules.diagnoses(of: user.name)
        }
    }

    private var sudoForAll: [Diagnosis] {
        guard access(Sudoers.file, F_OK) == 0 else { return [] }
        guard let sudoers = Sudoers() else {
            return [.problem("sudo", "\(Sudoers.file) cannot be read by cvtsudoers", hint: "visudo -c")]
        }
        let problems = HostCheck.sudo(sudoers).map { Diagnosis.found("sudo", $0) }
        return problems
            + sudoers.doubts.map { .warning("sudo", "\(Sudoers.file): \($0.line): \($0.why)", hint: $0.hint) }
            + sudoers.exempt.map { .ok("sudo", "not asked by way of \(Sudoers.file): \($0)") }
    }
}

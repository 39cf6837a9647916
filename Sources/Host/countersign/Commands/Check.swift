internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings
internal import SettingsFile

struct Check: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "See whether the settings are right, and logins are asked.",
        discussion: """
            Prints "ok", or the error that every login would write to the log, and exits with 1; so it does where the \
            settings are right, but logins would fail, or not everybody is asked for a second factor: root's check \
            looks at the helpers, the stacks in /etc/pam.d and the settings of sshd as well. Warns of what is probably \
            a mistake. Run it as root after each change.

            Examples:
              countersign check
              countersign check --config /etc/countersign/new.toml
            """)

    @OptionGroup var option: SettingsOption
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers
    @OptionGroup var output: OutputOption

    func perform() throws {
        var findings: [CheckResult] = []
        let checked: CheckedHost
        do { checked = try examine(&findings) } catch {
            guard output.json else { throw error }
            throw report(findings, failure: CommandError(error))
        }
        if let sentence = Self.sentence(findings) { throw try fail(findings, sentence: sentence) }
        if output.json { return try Output.json(json(findings, failure: nil)) }
        try Output.line("ok")
        if let host = checked.host { show(host) }
        if checked.settings.server != nil {
            Output.hint("the server was not asked: countersign refresh --all\(option.again) does that")
        }
    }

    private struct CheckedHost {
        let settings: Settings
        /// Nil unless root runs this: logins of other users are not those of the host.
        let host: HostCheck?
    }

    /// Returns nil if there is no problem.
    private static func sentence(_ findings: [CheckResult]) -> String? {
        let count = findings.count { $0.isProblem }
        guard count > 0 else { return nil }
        let effects = findings.map(\.effect)
        let what =
            if effects.contains(.stopsLogins) {
                "logins will fail"
            } else if effects.contains(.asksNobody) {
                "nobody is asked for a second factor"
            } else if effects.contains(.asksNotAll) {
                "not everybody is asked for a second factor"
            } else {
                "some texts stay English"
            }
        return "settings ok, but \(what): \(count.counted("problem"))"
    }

    /// Prints each finding at once, as an error in the settings ends the check.
    private func examine(_ findings: inout [CheckResult]) throws -> CheckedHost {
        let serviceUser = try? ServiceUser.current()
        let trust = serviceUser?.trust ?? Trust(owner: 0, group: 0)
        // These need root's rights. The host's stacks concern only root; other users try a module of their own.
        let host: HostCheck? = if ServiceUser.isRoots { HostCheck(settings: option.config.text) } else { nil }
        let programs = CheckResult.helpers(helpers.text, ownedBy: trust.owner)
        // The login reads the settings as this user, so the check does too.
        try serviceUser?.takeOver()
        if ServiceUser.isRoots { add(try CheckResult.users(), findings: &findings) }
        let settings = try load(trust)
        add(
            CheckResult.state(settings, beside: option.config.text, serviceUser: serviceUser)
                + CheckResult.server(settings.server, trust: trust),
            findings: &findings)
        var needed = ["countersign-login"]
        if settings.server != nil { needed.append("countersign-net") }
        add(needed.compactMap { programs[$0] } + (host?.findings ?? []), findings: &findings)
        add(CheckResult.advice(settings, now: Timestamp.now), findings: &findings)
        let texts = TextsFile.load(beside: option.config.text, trust: trust)
        add(CheckResult.texts(texts, isShared: ServiceUser.isRoots), findings: &findings)
        let id = try? AccountsMarker.load(beside: option.config.text, trust: trust).id(of: settings.state)
        let accounts = id.flatMap { try? Accounts(path: CommandContext.path(settings), id: $0).list() } ?? []
        add(
            CheckResult.namesWithoutAddress(settings, accounts: accounts, system: SystemPeople.all()),
            findings: &findings)
        return CheckedHost(settings: settings, host: host)
    }

    /// Prints which services an "ok" covers.
    private func show(_ host: HostCheck) {
        Output.complain("asked for a second factor: \(host.asked.joined(separator: ", "))")
        if !host.notAsked.isEmpty { Output.complain("not asked: \(host.notAsked.joined(separator: ", "))") }
        for line in host.exempt { Output.complain("not asked by way of \(line)") }
    }

    private func load(_ trust: Trust) throws -> Settings {
        let file = option.config.text
        let settings = try Settings.load(file, trust: trust)
        if ServiceUser.isRoots, settings.server?.isPlain == true {
            let message = "http is not taken for logins of this machine; use https or unix:"
            throw SettingsError(
                file: file, text: try TrustedFile.text(file, trust: trust),
                DocumentError(.path(["server", "url"]), message))
        }
        return settings
    }

    private func add(_ more: [CheckResult], findings: inout [CheckResult]) {
        findings += more
        if !output.json { for finding in more { finding.show() } }
    }

    private func fail(_ findings: [CheckResult], sentence: String) throws -> any Error {
        if output.json {
            return report(findings, failure: CommandError(sentence, hint: findings.first { $0.isProblem }?.hint))
        }
        try Output.line(sentence)
        return ExitCode.failure
    }

    private func report(_ findings: [CheckResult], failure: CommandError) -> any Error {
        do { try Output.json(json(findings, failure: failure)) } catch { return error }
        return ExitCode.failure
    }

    private func json(_ findings: [CheckResult], failure: CommandError?) -> JSONValue {
        .object([
            "ok": .bool(failure == nil), "error": failure?.json ?? .null, "warnings": .array(findings.map(\.json)),
        ])
    }
}

extension CommandError {
    fileprivate var json: JSONValue {
        .object(["message": .string(message), "hint": hint.map { .string($0) } ?? .null])
    }
}

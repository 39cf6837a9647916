internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import Glibc
internal import Settings

struct Check: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "See whether the settings are right.",
        discussion: """
            Prints "ok", or the error that every login would write to the log, and exits with 1; so it does where the settings are right, \
            but nobody can log in. Warns of what is probably a mistake. Run it as root after each change.

            Examples:
              countersign check
              countersign check --config /etc/countersign/new.toml
            """)

    @OptionGroup var option: SettingsOption
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers
    @OptionGroup var output: OutputOption

    func perform() throws {
        var findings: [Finding] = []
        var asksServer = false
        do { asksServer = try look(&findings).server != nil } catch { throw output.json ? report(findings, Trouble(error)) : error }
        let problems = findings.count { $0.stopsLogins }
        guard problems == 0 else { throw try fail(findings, "settings ok, but logins will fail: \(Sentence.count(problems, "problem"))") }
        if output.json { return try Output.json(json(findings, nil)) }
        try Output.line("ok")
        if asksServer { Output.hint("the server was not asked: countersign refresh --all\(option.again) does that") }
    }

    /// Tells each finding as soon as it is made, as an error of the settings ends it.
    private func look(_ findings: inout [Finding]) throws -> Settings {
        // The login reads the settings as the same user, so this does too.
        let keeper = try? Keeper.current()
        try keeper?.takeOver()
        let trust = keeper?.trust ?? Trust(owner: 0, group: 0)
        if Keeper.isRoots { tell(try Finding.users(), &findings) }
        let settings = try load(trust)
        tell(Finding.state(settings, beside: option.config.text, keeper) + Finding.server(settings.server, trust), &findings)
        tell(Finding.helpers(helpers.text, ownedBy: trust.owner, withServer: settings.server != nil), &findings)
        // The host's libpam is for the host's root: others try a module of their own.
        if Keeper.isRoots { tell(Finding.module() + Finding.stacks(), &findings) }
        tell(Finding.advice(settings, now: Moment.now), &findings)
        return settings
    }

    private func load(_ trust: Trust) throws -> Settings {
        let file = option.config.text
        let settings = try Settings.load(file, trust: trust)
        if Keeper.isRoots, settings.server?.isPlain == true {
            let message = "http is not taken for logins of this machine; use https or unix:"
            throw SettingsError(file: file, text: try TrustedFile.text(file, trust: trust), Complaint(.path(["server", "url"]), message))
        }
        return settings
    }

    private func tell(_ more: [Finding], _ findings: inout [Finding]) {
        findings += more
        if !output.json { for finding in more { finding.tell() } }
    }

    private func fail(_ findings: [Finding], _ sentence: String) throws -> any Error {
        if output.json { return report(findings, Trouble(sentence, hint: findings.first { $0.stopsLogins }?.hint)) }
        try Output.line(sentence)
        return ExitCode.failure
    }

    private func report(_ findings: [Finding], _ trouble: Trouble) -> any Error {
        do { try Output.json(json(findings, trouble)) } catch { return error }
        return ExitCode.failure
    }

    private func json(_ findings: [Finding], _ trouble: Trouble?) -> JSONValue {
        .object(["ok": .bool(trouble == nil), "error": trouble?.json ?? .null, "warnings": .array(findings.map(\.json))])
    }
}

extension Trouble {
    fileprivate var json: JSONValue { .object(["message": .string(message), "hint": hint.map { .string($0) } ?? .null]) }
}

internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Records
internal import ServerSettings

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether this server can do its work, and what to do if not.",
        discussion: """
            One line for each check: ok, warning or problem, with what to do next. It looks at the settings, the \
            certificate, the clock, the disk, the backups, gateways and push services, and asks at public_url whether \
            this very server answers there. It changes nothing. It exits with 0 if all is well, with 1 for warnings, \
            and with 2 for problems.

            Examples:
              countersignd doctor
              countersignd doctor --send-test +15551230001
            """)

    @OptionGroup var place: Place
    @Option(
        help: ArgumentHelp(
            "Have each gateway send a test there: a number or an e-mail address.", valueName: "+number"))
    var sendTest: String?
    @OptionGroup var output: OutputOption

    func validate() throws {
        guard let sendTest, !sendTest.hasPrefix("+"), !sendTest.contains("@") else { return }
        throw ValidationError("--send-test takes a number such as +15551230001, or an e-mail address")
    }

    func run() async throws {
        let findings = await examine()
        let counts = { (level: DoctorFinding.Level) in findings.count { $0.level == level } }
        if output.json {
            try Output.json(
                .object([
                    "checks": .array(findings.map(\.json)), "warnings": .integer(counts(.warning)),
                    "problems": .integer(counts(.problem)),
                ]))
        } else {
            for finding in findings { try Output.line(finding.line) }
        }
        if counts(.problem) > 0 { throw ExitCode(2) }
        if counts(.warning) > 0 { throw ExitCode(1) }
    }

    private func examine() async -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        let settings: ServiceSettings
        do {
            settings = try ServerContext.settings(place.config, state: place.state)
            try ServiceUser.become(ownerOf: settings.state, make: false)
        } catch { return [.problem("settings", error)] }
        findings.append(.ok("settings", "they are right"))
        let now = Int64(time(nil))
        findings += MachineChecks.certificate(settings.server, at: now) + [MachineChecks.clock()]
        do {
            let context = try await place.open()
            findings += MachineChecks.disk(settings.state)
            findings.append(try await Self.applications(context))
            findings += try await KeptCopies.findings(
                in: context.store, masterKey: try ServerContext.masterKeyFile(settings), at: now)
            let reach = ReachChecks(settings: settings, vault: context.vault)
            findings += try await reach.gateways(test: sendTest)
            findings += try await reach.push()
            findings += try await reach.publicURL()
        } catch { findings.append(.problem("database", error)) }
        return findings
    }

    private static func applications(_ context: ServerContext) async throws -> DoctorFinding {
        let count = try await context.store.read { try $0.applications() }.count { $0.revoked == nil }
        if count > 0 { return .ok("database", "it has \(count.counted("application"))") }
        return .warning("database", "it has no application: no host can use it", hint: "countersignd app create NAME")
    }
}

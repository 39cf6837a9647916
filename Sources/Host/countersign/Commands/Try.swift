internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

/// One login through the module.
///
/// This is not an `AdminCommand`: what the module starts must be as it is in a login program.
struct Try: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Log in once, in this terminal.",
        discussion: """
            Runs the module alone, as a login program would that has the service's name and this terminal. It is a \
            real login: it asks the phone, spends codes and grace logins, and is written into log and history. Exits \
            with 0 if the user was let in, else with 1.

            Examples:
              countersign try alice --service sshd
              countersign try alice --service sudo --json
            """)

    @OptionGroup var user: UserName
    @Option(help: ArgumentHelp("The service, as in /etc/pam.d.", valueName: "name"), completion: .services)
    var service: String
    @Option(help: ArgumentHelp("The module. (default: the installed pam_countersign.so)", valueName: "path"))
    var module: Path?
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        let isName = (1...64).contains(service.utf8.count) && !service.hasPrefix(".")
        let isPlain = service.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2F }
        guard isName, isPlain, service == service.lowercased() else {
            throw ValidationError("A service is the name of a file in /etc/pam.d, in lower case.")
        }
    }

    func run() throws {
        let ended: Ended
        do {
            if service != StepUpProof.service { CheckResult.service(service).forEach { $0.show() } }
            ended = try login()
        } catch { throw CommandError(error) }
        if ended.row == nil, !ended.letIn { explain(ended.failure) }
        if output.json { try Output.json(ended.json) } else { try Output.line(ended.sentence) }
        guard ended.letIn else { throw ExitCode.failure }
    }

    /// How the login ended.
    private struct Ended {
        let person: Person
        let result: PAMLogin.Result
        /// The login's row in the history.
        let row: HistoryRow?
        /// Why the history could not be read.
        let failure: (any Error)?

        var letIn: Bool { result == .letIn }

        var sentence: String {
            let words = [outcome, reason, row?.factor?.rawValue].compactMap { $0 }.joined(separator: ", ")
            return "\(person.name.plain): \(letIn ? "let in" : "not let in")\(words.isEmpty ? "" : " (\(words))")"
        }

        /// Whether the settings are wrong: then no row is written to the history.
        private var isOfSettings: Bool { row == nil && !letIn && failure is SettingsError }
        private var outcome: String? { if isOfSettings { Outcome.unavailable.rawValue } else { row?.outcome.rawValue } }
        private var reason: String? { if isOfSettings { Reason.settings.rawValue } else { row?.reason } }

        var json: JSONValue {
            .object([
                "user": .string(person.name), "let_in": .bool(letIn), "outcome": outcome.map { .string($0) } ?? .null,
                "reason": reason.map { .string($0) } ?? .null,
                "factor": row?.factor.map { .string($0.rawValue) } ?? .null,
            ])
        }
    }

    private func login() throws -> Ended {
        let person = try user.find()
        // Settings that this user cannot read: loading them throws the reason.
        if access(settings.config.text, R_OK) != 0, errno == EACCES {
            _ = try Settings.load(settings.config.text, trust: ServiceUser.current().trust)
        }
        let began = Timestamp.now
        let arguments = ["config=\(settings.config)", "helpers=\(helpers)"]
        let login = try PAMStack.with(service: service, module: module, arguments: arguments) {
            try PAMLogin(service: service, user: person.name, folder: $0)
        }
        let result = try login.authenticate()
        let names = [person.name, try SystemUser.numbered(getuid())?.name]
        do {
            let row = try CommandContext.open(settings).accounts.history(limit: 10).first {
                $0.service == service && $0.time >= began && names.contains($0.nameWithKey)
                    && $0.outcome.letsIn == (result == .letIn)
            }
            return Ended(person: person, result: result, row: row, failure: nil)
        } catch {
            // The result of the login does not depend on the history.
            if result == .letIn { CommandError(error).report() }
            return Ended(person: person, result: result, row: nil, failure: error)
        }
    }

    private func explain(_ error: (any Error)?) {
        let failure = error.map { CommandError($0) }
        Output.error(failure?.message ?? "not let in; the reason is in the system log, in a line of pam_countersign")
        let helpers = if helpers.text == Path.helpers.text { "" } else { " --helpers \(helpers)" }
        Output.hint("countersign check\(helpers)\(settings.again)")
    }
}

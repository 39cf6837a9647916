internal import Accounts
internal import ArgumentParser
internal import Glibc
internal import LoginFlow

/// Not an `AdminCommand`: what the module starts must be as it is in a login program.
struct Try: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Log in once, in this terminal.",
        discussion: """
            Runs the module alone, as a login program would that has the service's name and this terminal. It is a real login: it asks the \
            phone, spends codes and grace logins, and is written into log and history. Exits with 0 if the user was let in, else with 1.

            Examples:
              countersign try alice --service sshd
              countersign try alice --service sudo --module ./build/pam_countersign.so --helpers ./build
            """)

    @OptionGroup var user: UserArgument
    @Option(help: ArgumentHelp("The service, as in /etc/pam.d.", valueName: "name"))
    var service: String
    @Option(help: ArgumentHelp("The module. (default: the installed pam_countersign.so)", valueName: "path"))
    var module: Path?
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        let isName = (1...64).contains(service.utf8.count) && !service.hasPrefix(".")
        let isPlain = service.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2F }
        guard isName, isPlain, service == service.lowercased() else {
            throw ValidationError("A service is the name of a file in /etc/pam.d, in lower case.")
        }
    }

    func run() throws {
        let ended: (letIn: Bool, sentence: String)
        do { ended = try login() } catch { throw Trouble(error) }
        try Output.line(ended.sentence)
        guard ended.letIn else { throw ExitCode.failure }
    }

    private func login() throws -> (letIn: Bool, sentence: String) {
        let person = try user.find()
        let began = Moment.now
        let login = try PAMStack.with(service: service, module: module, arguments: ["config=\(settings.config)", "helpers=\(helpers)"]) {
            try PAMLogin(service: service, user: person.name, folder: $0)
        }
        let result = try login.authenticate()
        let letIn = result == .letIn
        let names = [person.name, try SystemUser.numbered(getuid())?.name]
        let row = lastRow { $0.service == service && $0.time >= began && names.contains($0.user) }
        let words = row.map { [$0.outcome.rawValue, $0.reason, $0.factor?.rawValue].compactMap { $0 }.joined(separator: ", ") }
        if row == nil, !letIn { Output.hint("the log says why, in a line of pam_countersign; see `countersign check` too") }
        return (letIn, "\(person.name.plain): \(letIn ? "let in" : "not let in") (\(words ?? result.description))")
    }

    /// What the history has of it; nil also where the history cannot be read, which the login's end does not depend on.
    private func lastRow(_ isOurs: (HistoryRow) -> Bool) -> HistoryRow? {
        try? Desk.open(settings).accounts.history(limit: 10).first(where: isOurs)
    }
}

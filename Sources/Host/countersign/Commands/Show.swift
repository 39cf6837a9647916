internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import Identifiers

struct Show: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what is known about a user.",
        discussion: """
            Examples:
              countersign show alice
              countersign show alice --json
            """)

    @OptionGroup var user: PastUserArgument
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption
    /// For `self`, which asks whether sudo's own login was approved.
    @Option(help: .hidden)
    var attempt: [String] = []

    func perform() throws {
        let person = try user.find()
        let desk = try Desk.open(settings, begins: false)
        guard !attempt.isEmpty else { return try Self.show(person, desk, json: output.json) }
        let approved = try attempt.first { try desk.accounts.attempt($0, now: desk.now)?.outcome == .approved }
        let view = AccountView(person, try desk.accounts.account(of: person), desk.settings, now: desk.now)
        try Output.json(view.json(with: ["approved_attempt": approved.map { .string($0) } ?? .null]))
    }

    static func show(_ person: Person, _ desk: Desk, json: Bool) throws {
        let label = try desk.accounts.labels()[person]
        let view = AccountView(
            person, try desk.accounts.account(of: person), desk.settings, label: label, now: desk.now)
        let details = try Details(of: person, desk)
        try json ? Output.json(view.json(details)) : Output.line(view.lines(details).joined(separator: "\n"))
    }
}

internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
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
        let context = try CommandContext.open(settings, begins: false)
        guard !attempt.isEmpty else { return try Self.show(person, in: context, json: output.json) }
        let approved = try attempt.first { try context.accounts.attempt($0, now: context.now)?.outcome == .approved }
        let view = AccountView(person, try context.accounts.account(of: person), context.settings, now: context.now)
        try Output.json(view.json(with: ["approved_attempt": approved.map { .string($0) } ?? .null]))
    }

    static func show(_ person: Person, in context: CommandContext, json: Bool) throws {
        let label = try context.accounts.labels()[person]
        let view = AccountView(
            person, try context.accounts.account(of: person), context.settings, label: label, now: context.now)
        let details = try Details(of: person, context)
        if json {
            try Output.json(view.json(details))
        } else {
            try Output.line(view.lines(details).joined(separator: "\n"))
        }
    }
}

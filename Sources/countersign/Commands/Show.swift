internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import LoginFlow

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

    func perform() throws {
        let person = try user.find()
        try Self.show(person, Desk.open(settings), json: output.json)
    }

    static func show(_ person: Person, _ desk: Desk, json: Bool) throws {
        let view = AccountView(person, try desk.accounts.account(of: person), desk.settings, now: desk.now)
        let details = try Details(of: person, desk)
        try json ? Output.json(view.json(details)) : Output.line(view.lines(details).joined(separator: "\n"))
    }
}

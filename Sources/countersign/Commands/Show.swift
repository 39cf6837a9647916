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
        let desk = try Desk.open(settings)
        let view = AccountView(person, try desk.accounts.account(of: person), desk.settings, now: desk.now)
        let token = try desk.accounts.softToken(of: person)
        if output.json { return try Output.json(view.json(token)) }
        try Output.line(view.lines(token).joined(separator: "\n"))
    }
}

internal import Accounts
internal import ArgumentParser
internal import AuthyWire

struct List: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "List all accounts.",
        discussion: """
            Examples:
              countersign list
              countersign list --json
            """)

    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let desk = try Desk.open(settings)
        let views = try desk.accounts.list().map { AccountView($0, $1, desk.settings, now: desk.now) }
        if output.json { return try Output.json(.array(views.map(\.json))) }
        if views.isEmpty { return Output.complain("There are no accounts yet.") }
        try Output.line(Table.lines(AccountView.header, views.map(\.row)).joined(separator: "\n"))
    }
}

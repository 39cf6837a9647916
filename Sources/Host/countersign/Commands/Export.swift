internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Identifiers
internal import LoginPolicy
internal import Roster

struct Export: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write who has which AuthyID, in the form that import reads.",
        discussion: """
            Phone numbers are not on this host: the lines have the AuthyID in their place, so that another host of the \
            same server can import them. SoftTokens and recovery codes are not written.

            Examples:
              countersign export > users.csv
              countersign export --json
            """)

    @Flag(help: "Write JSON lines.")
    var json = false
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let context = try CommandContext.open(settings)
        var left = 0
        if !json { try Output.line(CSVText.header) }
        for (person, account) in try context.accounts.list() {
            guard let id = account.authyID, person.key == nil else {
                if account.state != .none { left += 1 }
                continue
            }
            if json {
                try Output.json(.object(["user": .string(person.name), "authy_id": .integer(id.value)]))
            } else {
                let record = CSVText.record([person.name, "", "", "", id.description])
                // Data is written unchanged, but must not move the cursor of a terminal.
                if Terminal.isThere { try Output.line(record) } else { try Output.picture([record]) }
            }
        }
        guard left > 0 else { return }
        Output.warning(
            "\(left.counted("account")) left out: "
                + "only users with an AuthyID, and no keys, can be written in this form"
        )
    }
}

internal import Accounts
internal import ArgumentParser
internal import Identifiers

struct Forget: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forget where a user need not prove a factor again.",
        discussion: """
            With remember.seconds in the settings a login like an earlier one is not asked for so long. Show tells \
            what is remembered.

            Example:
              countersign forget alice
            """)

    @OptionGroup var user: PastUserArgument
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let count = try context.accounts.forget(person)
        if count > 0 { context.tell("forget", person, "\(ChangeSummary.count(count, "login"))") }
        let what =
            count == 0 ? "nothing was remembered" : "\(ChangeSummary.count(count, "remembered login")) forgotten"
        try Output.line("\(person.label): \(what)")
    }
}

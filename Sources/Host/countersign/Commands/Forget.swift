internal import Accounts
internal import ArgumentParser
internal import CommandSupport
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
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let count = try context.accounts.forget(person)
        if count > 0 { context.logChange("forget", of: person, detail: "\(count.counted("login"))") }
        let what = if count == 0 { "nothing was remembered" } else { "\(count.counted("remembered login")) forgotten" }
        try context.report("\(person.label): \(what)", on: person, output: output)
    }
}

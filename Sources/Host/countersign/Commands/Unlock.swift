internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import Identifiers

struct Unlock: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a user try again at once.",
        discussion: """
            Clears failures and the lock after too many of them, approval requests and OneCodes that count against the \
            user, the pause after a denial, and a time step of the SoftToken that was spent while the clock was ahead.

            Example:
              countersign unlock alice
            """)

    @OptionGroup var user: UserArgument
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let unlocked = try context.accounts.unlock(person, now: context.now)
        context.logChange(
            "unlock", of: person, detail: ChangeSummary.cleared(unlocked, now: context.now) ?? "nothing to unlock")
        try context.report(
            ChangeSummary.unlocked(person, unlocked: unlocked, now: context.now), on: person, output: output)
    }
}

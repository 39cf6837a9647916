internal import Accounts
internal import ArgumentParser
internal import LoginFlow

struct Unlink: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a user's AuthyID and SoftToken away.",
        discussion: """
            Enrolment begins again: the account has no factor then, and is not confirmed any more. Grace logins that were used stay used, \
            and a lock stays.

            Examples:
              countersign unlink alice
              countersign unlink alice --uid 1004     alice is not a user of this host any more
            """)

    @OptionGroup var user: PastUserArgument
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let desk = try Desk.open(settings)
        try Output.line(Sentence.unlinked(person, desk.accounts.unlink(person)))
    }
}

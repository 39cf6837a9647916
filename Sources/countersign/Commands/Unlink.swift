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
        if let uid = user.uid, try desk.accounts.account(of: person) == Account() {
            throw Trouble("there is no account of \(person.name) with uid \(uid)", hint: "`countersign list` shows all accounts")
        }
        let change = try desk.accounts.unlink(person)
        if change.before.state != .none { desk.tell("unlink", person, Sentence.factors(change.before)) }
        try Output.line(Sentence.unlinked(person, change))
    }
}

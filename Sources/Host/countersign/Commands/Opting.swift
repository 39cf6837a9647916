internal import Accounts
internal import ArgumentParser
internal import Identifiers
internal import LoginPolicy
internal import HostSettings

struct OptOut: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-out",
        abstract: "Let a user do without a second factor.",
        discussion: """
            Shows what speaks against it, and has the user's name typed. Factors that are there stay, and are asked \
            for again after opt-in. Whether it counts is for enrolment.opt_out in the settings to say: "yes", or \
            "grace" for as long as grace logins last.

            Examples:
              countersign opt-out alice
              countersign opt-out alice --yes
            """)

    @OptionGroup var user: UserArgument
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        try Self.argue(person, context.settings) { try confirmation.ask($0, for: person.name) }
        try Self.optOut(person, context)
    }

    static func argue(_ person: Person, _ settings: Settings, confirm: (String) throws -> Void) throws {
        for line in settings.enrolment.argument.split(separator: "\n") { Output.complain(String(line)) }
        if settings.enrolment.optOut == .no {
            Output.warning("enrolment.opt_out is \"no\" in the settings: as long as it is, opting out changes nothing")
        }
        try confirm("\(person.label) will log in without a second factor.")
    }

    /// Opts a person out, if the account is still in the given state; nil accepts any state.
    static func optOut(_ person: Person, _ context: CommandContext, onlyIn state: AccountState? = nil) throws {
        guard let change = try context.accounts.optOut(person, now: Timestamp.now, onlyIn: state) else {
            throw CommandError(
                "the account of \(person.label) has changed meanwhile; nothing was done", hint: "run this again")
        }
        let rule = context.settings.enrolment.optOut
        context.tell(
            "opt-out", person, "enrolment.opt_out is \(rule.rawValue); the account is \(change.after.state)", .warning)
        try Output.line(ChangeSummary.optedOut(person, change, rule))
    }
}

struct OptIn: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-in",
        abstract: "Undo an opt-out.",
        discussion: """
            Example:
              countersign opt-in alice
            """)

    @OptionGroup var user: PastUserArgument
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        try Self.optIn(user.find(), CommandContext.open(settings))
    }

    static func optIn(_ person: Person, _ context: CommandContext) throws {
        let change = try context.accounts.optIn(person)
        if change.before.optedOut != nil { context.tell("opt-in", person, "the account is \(change.after.state)") }
        try Output.line(ChangeSummary.optedIn(person, change))
    }
}

extension EnrolmentRules {
    /// Text that argues against opting out.
    var argument: String { optOutText ?? Texts.optOut }
}

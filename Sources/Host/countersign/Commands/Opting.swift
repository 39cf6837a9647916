internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

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
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        try Self.argue(person, settings: context.settings, texts: context.texts) {
            try confirmation.ask($0, for: person.name)
        }
        try context.report(Self.optOut(person, in: context), on: person, output: output)
    }

    static func argue(_ person: Person, settings: Settings, texts: Texts, confirm: (String) throws -> Void) throws {
        for line in settings.enrolment.argument(in: texts).split(separator: "\n") { Output.complain(String(line)) }
        if settings.enrolment.optOut == .no {
            Output.warning("enrolment.opt_out is \"no\" in the settings: as long as it is, opting out changes nothing")
        }
        try confirm("\(person.label) will log in without a second factor.")
    }

    /// Opts a person out, if the account is still in the given state; nil accepts any state.
    ///
    /// Returns a sentence about it.
    static func optOut(_ person: Person, in context: CommandContext, onlyIn state: AccountState? = nil) throws -> String
    {
        guard let change = try context.accounts.optOut(person, now: Timestamp.now, onlyIn: state) else {
            throw CommandError(
                "the account of \(person.label) has changed meanwhile; nothing was done", hint: "run this again")
        }
        let rule = context.settings.enrolment.optOut
        context.logChange(
            "opt-out", of: person,
            detail: "enrolment.opt_out is \(rule.rawValue); the account is \(change.after.state)", level: .warning)
        return ChangeSummary.optedOut(person, change: change, rule: rule)
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
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        try context.report(Self.optIn(person, in: context), on: person, output: output)
    }

    static func optIn(_ person: Person, in context: CommandContext) throws -> String {
        let change = try context.accounts.optIn(person)
        if change.before.optedOut != nil {
            context.logChange("opt-in", of: person, detail: "the account is \(change.after.state)")
        }
        return ChangeSummary.optedIn(person, change: change)
    }
}

extension EnrolmentRules {
    /// Text that argues against opting out.
    func argument(in texts: Texts) -> String { optOutText ?? texts[.optOut] }
}

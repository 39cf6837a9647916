internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

struct Prefer: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is tried first when a user logs in.",
        discussion: """
            sms and call: a code is sent at once, and no request goes to the phone unless it is asked for. softtoken: \
            the prompt comes at once. none: what the settings say.

            Example:
              countersign prefer alice sms
            """)

    @OptionGroup var user: UserArgument
    @Argument(help: ArgumentHelp("sms, call, softtoken, onetouch or none.", valueName: "factor"))
    var factor: Preference
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let change = try Self.set(factor, for: person, in: context)
        try context.report(ChangeSummary.prefers(person, change: change), on: person, output: output)
    }

    /// Stores the preference, and warns if it has no effect.
    ///
    /// `warnsOfServer` is false if the caller itself warns that there is no server.
    static func set(
        _ preference: Preference, for person: Person, in context: CommandContext, warnsOfServer: Bool = true
    )
        throws
        -> AccountChange
    {
        let change = try context.accounts.setPreference(person, to: preference.factor)
        context.logChange("prefer", of: person, detail: preference.rawValue)
        let rules = context.settings.login(for: "", of: person)
        if let factor = preference.factor, !rules.factors.contains(factor) {
            Output.warning("the settings' factors do not have \(factor.rawValue) for \(person.label): it is not tried")
        } else if let factor = preference.factor, factor != .softToken, context.settings.server == nil, warnsOfServer {
            Output.warning("the settings have no [server]: \(factor.rawValue) is not tried")
        }
        return change
    }
}

internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import HostSettings
internal import Identifiers

struct Link: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a user an AuthyID.",
        discussion: """
            The 2FA server knows the user's phone by this number. It takes the place of an earlier one. A confirmed \
            account stays confirmed.

            Examples:
              countersign link alice 4711
              countersign link alice 4711 --prefer sms
              countersign link root --key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU 4712 --label Anna
            """)

    @OptionGroup var user: UserArgument
    @Argument(help: ArgumentHelp("The user's number at the 2FA server.", valueName: "authyid"))
    var authyID: AuthyID
    @Option(help: ArgumentHelp("What is tried first, as with `prefer`.", valueName: "factor"))
    var prefer: Preference?
    @Option(
        help: ArgumentHelp(
            "With --key: what the one who has it is called wherever the key is shown.", valueName: "text"))
    var label: String?
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard let label else { return }
        if user.key.key == nil { throw ValidationError("--label needs --key.") }
        guard Accounts.isLabel(label) else {
            throw ValidationError("--label takes one line of 1 to \(Accounts.longestLabel) bytes.")
        }
    }

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let change = try context.accounts.link(person, to: authyID)
        if let label { try context.accounts.setLabel(person, to: label) }
        context.logChange(
            "link", of: person, detail: "AuthyID \(authyID), \(ChangeSummary.factors(change.before)) before")
        var sentences = [ChangeSummary.linked(person, id: authyID, change: change)]
        if let prefer {
            let change = try Prefer.set(prefer, for: person, in: context, warnsOfServer: false)
            sentences.append(ChangeSummary.prefers(person, change: change))
        }
        try context.report(sentences.joined(separator: "\n"), on: person, output: output)
        guard context.settings.server == nil else { return }
        Output.warning("the settings have no [server]: AuthyIDs are not used")
        Output.hint(
            "write [server] into \(settings.config), "
                + "or give the user a SoftToken: countersign softtoken \(person.typed)"
        )
    }
}

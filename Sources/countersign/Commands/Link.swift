internal import Accounts
internal import ArgumentParser
internal import LoginFlow
internal import Settings

struct Link: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a user an AuthyID.",
        discussion: """
            The 2FA server knows the user's phone by this number. It takes the place of an earlier one. A confirmed account stays confirmed.

            Example:
              countersign link alice 4711
            """)

    @OptionGroup var user: UserArgument
    @Argument(help: ArgumentHelp("The user's number at the 2FA server.", valueName: "authyid"))
    var authyID: AuthyID
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let desk = try Desk.open(settings)
        try Output.line(Sentence.linked(person, authyID, desk.accounts.link(person, authyID)))
        guard desk.settings.server == nil else { return }
        Output.warning("the settings have no [server]: AuthyIDs are not used")
        Output.hint("write [server] into \(settings.config), or give the user a SoftToken: countersign softtoken \(person.name)")
    }
}

internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import Identifiers
internal import LoginPolicy

struct Unlink: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a user's AuthyID and SoftToken away.",
        discussion: """
            Enrollment begins again: the account has no factor then, and is not confirmed any more. Grace logins that \
            were used stay used, and a lock stays. On a terminal the user's name is asked for first; elsewhere --yes \
            is needed.

            Examples:
              countersign unlink alice
              countersign unlink alice --yes
              countersign unlink alice --uid 1004     alice is not a user of this host any more
            """)

    @OptionGroup var user: PastUserArgument
    @OptionGroup var confirmation: ConfirmationOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let account = try context.accounts.account(of: person)
        if let uid = user.uid, account == Account() {
            throw CommandError(
                "there is no account of \(person.name) with uid \(uid)", hint: "`countersign list` shows all accounts")
        }
        if account.state != .none {
            let codes =
                if account.recoveryLeft > 0 { ", \(account.recoveryLeft.counted("recovery code"))" } else { "" }
            try confirmation.ask("\(person.label) loses \(ChangeSummary.factors(account))\(codes).", for: person.name)
        }
        let change = try context.accounts.unlink(person)
        if change.before.state != .none {
            context.logChange("unlink", of: person, detail: ChangeSummary.factors(change.before))
        }
        try context.report(ChangeSummary.unlinked(person, change: change), on: person, output: output)
    }
}

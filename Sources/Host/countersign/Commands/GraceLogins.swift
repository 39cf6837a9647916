internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import HostSettings
internal import Identifiers

struct GraceLogins: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "grace",
        abstract: "Show or set how many grace logins a user has used.",
        discussion: """
            Examples:
              countersign grace alice              how many are used, and left
              countersign grace alice --reset      none is used
              countersign grace alice --used 5     five are used
            """)

    @OptionGroup var user: UserArgument
    @Flag(help: "As if none had been used.")
    var reset = false
    @Option(parsing: .unconditional, help: ArgumentHelp("As if so many had been used, 0 to 1000.", valueName: "number"))
    var used: Int?
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        if reset, used != nil { throw ValidationError("--reset and --used do not go together.") }
        if let used, !(0...1000).contains(used) {
            throw ValidationError("--used takes a number from 0 to 1000, not \(used).")
        }
    }

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let wanted: Int? = if reset { 0 } else { used }
        guard let wanted else {
            let view = AccountView(person, try context.accounts.account(of: person), context.settings, now: context.now)
            if output.json { return try Output.json(view.json) }
            return try Output.line("\(person.label): grace logins: \(view.graceLine)")
        }
        let change = try context.accounts.setGraceUsed(person, to: wanted)
        context.logChange("grace", of: person, detail: "\(wanted) used, \(change.before.graceUsed) before")
        let view = AccountView(person, change.after, context.settings, now: context.now)
        try Output.said(ChangeSummary.grace(person, change: change, left: view.graceLeft), besidesData: output.json)
        if output.json { try Output.json(view.json) }
    }
}

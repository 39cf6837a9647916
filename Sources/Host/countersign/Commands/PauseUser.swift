internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import HostSettings
internal import Identifiers

struct PauseUser: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Do not ask a user for a second factor for some hours.",
        discussion: """
            For a phone that is lost or being repaired. Each login in that time is logged as a warning. \
            pause.max_hours in the settings is the longest.

            Examples:
              countersign pause alice --hours 24 --reason "new phone comes tomorrow"
              countersign pause alice --end
            """)

    @OptionGroup var user: UserArgument
    @Option(parsing: .unconditional, help: ArgumentHelp("For how long.", valueName: "number"))
    var hours: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Why: one line, for the log and for who looks at the account.", valueName: "text"))
    var reason: String?
    @Flag(help: "End the pause now.")
    var end = false
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        if end {
            guard hours == nil, reason == nil else { throw ValidationError("--end stands alone.") }
            return
        }
        guard let hours, let reason else { throw ValidationError("--hours and --reason are both needed, or --end.") }
        guard hours >= 1 else { throw ValidationError("--hours takes a number from 1 on, not \(hours).") }
        guard !reason.allSatisfy(\.isWhitespace), reason.count <= 200,
            !reason.unicodeScalars.contains(where: Self.isControl)
        else {
            throw ValidationError("--reason takes one line of 1 to 200 characters.")
        }
    }

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        guard !end, let hours, let reason else { return try finish(person, in: context) }
        let longest = context.settings.pauseMaxHours
        guard hours <= longest else {
            throw CommandError(
                "a pause lasts \(longest.counted("hour")) at most, not \(hours)",
                hint: "raise pause.max_hours in \(settings.config)")
        }
        let pause = FactorPause(from: context.now, until: context.now + Int64(hours) * 3_600, reason: reason)
        let change = try context.accounts.setPause(person, to: pause)
        context.logChange(
            "pause", of: person, detail: "until \(Timestamp.utc(pause.until)): \(reason)", level: .warning)
        try context.report(ChangeSummary.paused(person, pause: pause, change: change), on: person, output: output)
    }

    private func finish(_ person: Person, in context: CommandContext) throws {
        let change = try context.accounts.setPause(person, to: nil)
        if change.before.pause != nil { context.logChange("pause", of: person, detail: "ended") }
        try context.report(ChangeSummary.unpaused(person, change: change, now: context.now), on: person, output: output)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}

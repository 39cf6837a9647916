internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import LoginFlow

struct History: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how logins ended, the newest first.",
        discussion: """
            Examples:
              countersign history
              countersign history alice --limit 5
              countersign history --json
            """)

    @Argument(help: "Whose logins. (default: everybody's)", completion: .users)
    var user: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("How many at most.", valueName: "number"))
    var limit = 50
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit takes a number from 1 on.") }
    }

    func perform() throws {
        // A user who is gone still has a history.
        let known = try user.flatMap(SystemUser.named)
        let name = known?.name ?? user
        let desk = try Desk.open(settings)
        let rows = try desk.accounts.history(of: name, limit: limit)
        if output.json { return try Output.json(.array(rows.map(\.json))) }
        if rows.isEmpty { return complain(of: name, isKnown: known != nil) }
        try Output.line(Table.lines(HistoryRow.header, rows.map(\.row)).joined(separator: "\n"))
    }

    private func complain(of name: String?, isKnown: Bool) {
        Output.complain("There is no history\(name.map { " of \($0)" } ?? "") yet.")
        if let name, !isKnown { Output.hint("check the spelling: there is no user \(name) on this host") }
    }
}

extension HistoryRow {
    fileprivate var json: JSONValue {
        .object([
            "time": .string(Moment.utc(time)), "user": .string(user), "service": .string(service), "rhost": .string(rhost),
            "outcome": .string(outcome.rawValue), "reason": .string(reason), "factor": factor.map { .string($0.rawValue) } ?? .null,
        ])
    }

    fileprivate static var header: [String] { ["TIME", "USER", "SERVICE", "RHOST", "OUTCOME", "REASON", "FACTOR"] }

    fileprivate var row: [String] {
        [Moment.short(time), user, service, rhost.isEmpty ? "-" : rhost, outcome.rawValue, reason, factor?.rawValue ?? "-"]
    }
}

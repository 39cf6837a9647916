internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

struct History: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how logins ended, the newest first.",
        discussion: """
            Of an account that several people use all are shown, or with --key the one who has it.

            Examples:
              countersign history
              countersign history alice --limit 5
              countersign history --outcome denied --since 7d
              countersign history --reason wrong_code --from 192.0.2.7 --since 2027-03-01 --until 2027-03-31
              countersign history --json
              countersign history --follow --outcome denied
            """)

    @Argument(help: "Whose logins. (default: everybody's)", completion: .users)
    var user: String?
    @OptionGroup var key: KeyOption
    @Option(help: ArgumentHelp("Only logins to this service.", valueName: "name"), completion: .services)
    var service: String?
    @Option(help: "Only logins that ended so.")
    var outcome: Outcome?
    @Option(
        help: ArgumentHelp("Only logins that ended so for this reason.", valueName: "word"),
        completion: .list(Reason.allCases.map(\.rawValue)))
    var reason: String?
    @Option(help: ArgumentHelp("Only logins from this address, or host name.", valueName: "address"))
    var from: String?
    @Option(help: ArgumentHelp("Only logins since then, \(TimeArgument.help).", valueName: "time"))
    var since: TimeArgument?
    @Option(help: ArgumentHelp("Only logins until then; a day counts to its end.", valueName: "time"))
    var until: TimeArgument?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many at most. (default: 50; none with --follow)", valueName: "number"))
    var limit: Int?
    @Flag(help: "Print new logins as they end, until Ctrl-C; with --limit the newest ones first.")
    var follow = false
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard limit ?? 1 > 0 else { throw ValidationError("--limit takes a number from 1 on.") }
        if follow, until != nil { throw ValidationError("--follow goes on, so that --until makes no sense with it.") }
        if key.key != nil, user == nil { throw ValidationError("--key needs the user who is shared.") }
        if let reason, !Reason.allCases.contains(where: { $0.rawValue == reason }) {
            let near = reason.nearest(in: Reason.allCases.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
            throw ValidationError("there is no reason \(reason)\(near)")
        }
    }

    func perform() throws {
        // A deleted user still has a history.
        let known = try user.flatMap(SystemUser.named)
        let name = known?.name ?? user
        let context = try CommandContext.open(settings)
        let filter = filter(name, now: context.now)
        if follow {
            let following = HistoryFollower(context: context, filter: filter, asJSON: output.json)
            return try following.run(printing: limit ?? 0)
        }
        let rows = try context.accounts.history(filter, limit: limit ?? 50)
        let labels = try context.accounts.labels()
        if output.json { return try Output.json(.array(rows.map { $0.json(labels) })) }
        if rows.isEmpty { return complain(of: name, isKnown: known != nil) }
        try Output.picture(Table.lines(HistoryRow.header, rows: rows.map { $0.row(labels) }, color: HistoryRow.color))
    }

    private func filter(_ name: String?, now: Int64) -> HistoryFilter {
        var filter = HistoryFilter()
        // By name alone, as the uid of a deleted user is not known.
        filter.user = name
        filter.key = key.key
        filter.withKeys = key.key == nil
        filter.service = service
        filter.outcome = outcome
        filter.reason = reason
        // As a login records it.
        filter.rhost = from.map { Address($0)?.description ?? $0 }
        filter.since = since?.first(now: now)
        filter.until = until?.last(now: now)
        return filter
    }

    private var isFiltered: Bool {
        [service, reason, from, outcome?.rawValue].contains { $0 != nil } || since != nil || until != nil
    }

    private func complain(of name: String?, isKnown: Bool) {
        if isFiltered { return Output.complain("There are no such logins in the history.") }
        Output.complain("There is no history\(name.map { " of \($0)" } ?? "") yet.")
        if let name, !isKnown { Output.hint("check the spelling: there is no user \(name) on this host") }
    }
}

extension HistoryRow {
    /// The person of the row; without a uid only the name is known.
    private var person: Person { Person(name: user, uid: uid ?? .max, key: key) }

    func json(_ labels: [Person: String]) -> JSONValue {
        .object([
            "time": .string(Timestamp.utc(time)), "user": .string(person.name),
            "uid": uid.map { .integer(Int64($0)) } ?? .null,
            "key": person.key.map { .string($0.description) } ?? .null,
            "label": labels[person].map { .string($0) } ?? .null,
            "service": .string(service), "rhost": .string(rhost),
            "outcome": .string(outcome.rawValue), "reason": .string(reason),
            "factor": factor.map { .string($0.rawValue) } ?? .null,
        ])
    }

    static var header: [String] { ["TIME", "USER", "SERVICE", "RHOST", "OUTCOME", "REASON", "FACTOR"] }

    static func color(_ column: Int, text: String) -> TerminalColor? {
        guard column == 4 else { return nil }
        return switch Outcome(rawValue: text) {
        case .approved: .green
        case .excused: .yellow
        case .denied, .unavailable: .red
        case nil: nil
        }
    }

    func row(_ labels: [Person: String]) -> [String] {
        let who = labels[person].map { "\(person.name) (\($0))" } ?? nameWithKey
        return [
            Timestamp.short(time), who, service, rhost.isEmpty ? "-" : rhost, outcome.rawValue, reason,
            factor?.rawValue ?? "-",
        ]
    }
}

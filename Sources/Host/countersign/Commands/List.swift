internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Identifiers

struct List: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "List accounts.",
        discussion: """
            Columns: \(ColumnNames.names).

            Examples:
              countersign list
              countersign list --state linked --grace-left 2
              countersign list --state paused --columns user,paused,reason
              countersign list --csv > accounts.csv
            """)

    @Option(help: "Only such accounts; with several, those that are any of them.")
    var state: [StateFilter] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only users in grace, with at most this many logins left.", valueName: "number"))
    var graceLeft: Int?
    @Option(help: ArgumentHelp("These columns, with commas between them.", valueName: "names"))
    var columns: ColumnNames?
    @Flag(help: "Print comma-separated values, with a header.")
    var csv = false
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        if let graceLeft, graceLeft < 0 {
            throw ValidationError("--grace-left takes a number from 0 on, not \(graceLeft).")
        }
        if output.json, csv { throw ValidationError("--json and --csv do not go together.") }
        if output.json, columns != nil {
            throw ValidationError("--json has all there is: --columns does not go with it.")
        }
    }

    func perform() throws {
        let context = try CommandContext.open(settings)
        let labels = try context.accounts.labels()
        let all = try context.accounts.list().map {
            AccountView($0, $1, context.settings, label: labels[$0], now: context.now)
        }
        let views = all.filter(matches)
        if output.json { return try Output.json(.array(views.map(\.json))) }
        if csv { return try Output.line(table(views)) }
        guard !views.isEmpty else {
            let sentence = if all.isEmpty { "There are no accounts yet." } else { "There are no such accounts." }
            return Output.complain(sentence)
        }
        let columns = columns?.columns ?? Self.usual(for: views)
        let rows = views.map { view in columns.map { $0.cell(view) } }
        try Output.picture(Table.lines(columns.map(\.header), rows: rows) { columns[$0].color($1) })
    }

    private func matches(_ view: AccountView) -> Bool {
        guard state.isEmpty || state.contains(where: { $0.matches(view) }) else { return false }
        return graceLeft.map { view.isInGrace && view.graceLeft <= $0 } ?? true
    }

    private func table(_ views: [AccountView]) -> String {
        let columns = columns?.columns ?? Column.allCases
        let rows = views.map { view in columns.map { $0.csv(view) } }
        return ([columns.map(\.rawValue)] + rows).map(CSV.line).joined(separator: "\n")
    }

    /// Returns the default columns; those for keys and labels only if somebody has one.
    private static func usual(for views: [AccountView]) -> [Column] {
        var columns = Column.usual
        if views.contains(where: { $0.person.key != nil }) { columns.append(.key) }
        if views.contains(where: { $0.label != nil }) { columns.append(.label) }
        return columns
    }
}

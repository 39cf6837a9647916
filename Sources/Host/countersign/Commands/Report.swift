internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

struct Report: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how far two-factor login has come.",
        discussion: """
            Counts everybody who has an account, and the users of this host (uid 1000 or more, with a login shell) who \
            have none yet. Then names those whose grace ends soon: within so many logins, or days at the pace of the \
            last two weeks.

            Examples:
              countersign report
              countersign report --within 1 --days 14
              countersign report --json | jq -r .never_seen_users[]
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Name those with at most so many grace logins left.", valueName: "logins"))
    var within = 2
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Name those whose grace ends within so many days.", valueName: "days"))
    var days = 7
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard (0...1000).contains(within) else {
            throw ValidationError("--within takes a number from 0 to 1000, not \(within).")
        }
        guard (0...3650).contains(days) else {
            throw ValidationError("--days takes a number from 0 to 3650, not \(days).")
        }
    }

    func perform() throws {
        let system = SystemPeople.all()
        let context = try CommandContext.open(settings)
        let rollout = RolloutForecast(
            try context.accounts.list(), system, context.settings, graceLogins: try Self.graceLogins(context),
            horizon: .init(logins: within, days: days), now: context.now)
        if output.json { return try Output.json(rollout.json(context.now, within: within, days: days)) }
        let page = Page(
            width: min(Terminal.columns ?? Table.columns, Table.columns), takesColors: Terminal.takesColors)
        let endings = page.lines(rollout, within: within, days: days)
        try Output.picture(
            page.head(Self.host, now: context.now) + page.lines(rollout) + [""] + endings + page.guesses(rollout))
    }

    private static func graceLogins(_ context: CommandContext) throws -> [String: Int] {
        var filter = HistoryFilter()
        filter.outcome = .excused
        filter.reason = Reason.grace.rawValue
        filter.since = context.now - Int64(RolloutForecast.lookBack) * 86_400
        return Dictionary(
            try context.accounts.history(filter, limit: 100_000).map { ($0.nameWithKey, 1) }, uniquingKeysWith: +)
    }

    private static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "this host" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The report as text for people.
private struct Page {
    let width: Int
    let takesColors: Bool
    /// Longest list of names.
    private static let names = 20

    func head(_ host: String, now: Int64) -> [String] {
        wrapped("Two-factor login on \(host.plain), \(Timestamp.short(now))") + [""]
    }

    func lines(_ rollout: RolloutForecast) -> [String] {
        let rows = Self.standings(rollout.rules.mode).map {
            row($0, count: rollout.counts[$0] ?? 0, of: rollout.people, mode: rollout.rules.mode)
        }
        let sum = "  " + "people".padded(to: 16) + String(rollout.people).padded(left: 8)
        let besides = [(rollout.paused, "paused"), (rollout.locked, "locked")].filter { $0.0 > 0 }.map {
            "\($0.0) \($0.1)"
        }
        guard !besides.isEmpty else { return rows + [sum] }
        return rows + [sum, "", "  of these " + besides.joined(separator: ", ")]
    }

    /// Standings that the mode has: `required` has no grace, and in `optional` grace is never used up.
    private static func standings(_ mode: EnrolmentRules.Mode) -> [RolloutForecast.Standing] {
        switch mode {
        case .grace: RolloutForecast.Standing.allCases
        case .optional: RolloutForecast.Standing.allCases.filter { $0 != .graceOver }
        case .required: RolloutForecast.Standing.allCases.filter { $0 != .inGrace }
        }
    }

    private static func share(_ count: Int, of all: Int) -> Double {
        if all == 0 { 0 } else { Double(count) / Double(all) }
    }

    /// Rounds, but shows 0 % and 100 % only where they are exact.
    private static func percent(_ count: Int, of all: Int) -> String {
        let share = share(count, of: all) * 100
        if count > 0, share < 1 { return "<1 %" }
        if count < all, share > 99 { return ">99 %" }
        return "\(Int(share.rounded())) %"
    }

    private func row(_ standing: RolloutForecast.Standing, count: Int, of all: Int, mode: EnrolmentRules.Mode)
        -> String
    {
        let share = Self.share(count, of: all)
        let start =
            "  " + title(standing, mode: mode).padded(to: 16) + String(count).padded(left: 8)
            + Self.percent(count, of: all).padded(left: 7)
        let room = max(0, width - start.count - 2)
        let length = if count == 0 { 0 } else { max(1, Int((share * Double(room)).rounded())) }
        guard length > 0, room > 0 else { return start }
        return start + "  "
            + color(standing).paint(
                String(repeating: Terminal.takesUnicode ? "\u{2588}" : "#", count: length), if: takesColors)
    }

    private func title(_ standing: RolloutForecast.Standing, mode: EnrolmentRules.Mode) -> String {
        switch standing {
        case .confirmed: "confirmed"
        case .linked: "linked"
        case .inGrace: mode == .optional ? "no factor" : "in grace"
        case .graceOver: mode == .grace ? "grace used up" : "no factor"
        case .optedOut: "opted out"
        case .neverSeen: "never seen"
        }
    }

    private func color(_ standing: RolloutForecast.Standing) -> TerminalColor {
        switch standing {
        case .confirmed: .green
        case .graceOver: .red
        case .linked, .inGrace, .optedOut, .neverSeen: .yellow
        }
    }

    func lines(_ rollout: RolloutForecast, within: Int, days: Int) -> [String] {
        switch rollout.rules.mode {
        case .optional: return wrapped("Nobody has to have a factor: enrolment.mode is \"optional\".")
        case .required:
            return wrapped("There is no grace: enrolment.mode is \"required\". Who has no factor is refused.")
        case .grace: break
        }
        let horizon = "\(within.counted("login")) or \(days.counted("day"))"
        let sentence = soon(rollout, horizon: horizon)
        let lines: [String] = if sentence.isEmpty { [] } else { wrapped(sentence) }
        return lastDay(rollout) + lines + table(rollout.endings)
    }

    private func soon(_ rollout: RolloutForecast, horizon: String) -> String {
        guard rollout.endings.isEmpty else {
            return
                "Within \(horizon) grace ends for \(rollout.endings.count.counted("person", plural: "people")):"
        }
        if rollout.rules.graceUntil == nil { return "Within \(horizon) grace ends for nobody." }
        return if rollout.lastDayIn == nil { "" } else { "Nobody's grace ends before that day within \(horizon)." }
    }

    private func lastDay(_ rollout: RolloutForecast) -> [String] {
        guard let day = rollout.rules.graceUntil else { return [] }
        guard let left = rollout.lastDayIn else { return wrapped("Grace is over: its last day was \(day).") }
        let when = if left == 0 { "today" } else { "in \(left.counted("day"))" }
        return wrapped("For everybody grace ends with \(day), \(when).")
    }

    private func table(_ endings: [RolloutForecast.Ending]) -> [String] {
        guard !endings.isEmpty else { return [] }
        let rows = endings.prefix(Self.names).map { ending in
            [
                ending.view.person.nameWithKey, ending.view.standing, String(ending.view.graceLeft),
                Self.daysLeft(ending.days),
            ]
        }
        let lines = Table.lines(["USER", "STATE", "LOGINS LEFT", "DAYS LEFT"], rows: rows).map {
            "  " + String($0.prefix(max(1, width - 2)))
        }
        return [""] + lines + rest(of: endings.count)
    }

    private static func daysLeft(_ days: Int?) -> String {
        switch days {
        case nil: "-"
        case 0?: "today"
        case let days?: "about \(days)"
        }
    }

    /// Says how many of `count` names are left out; empty if all are shown.
    private func rest(of count: Int) -> [String] {
        let more = count - Self.names
        return if more > 0 { wrapped("  and \(more) more: countersign report --json") } else { [] }
    }

    /// Accounts with many wrong codes; empty if there are none.
    func guesses(_ rollout: RolloutForecast) -> [String] {
        guard !rollout.guessed.isEmpty else { return [] }
        let rows = rollout.guessed.prefix(Self.names).map { view in
            [view.person.nameWithKey, String(view.wrongCodesOfDay), view.lockedUntil.map(Timestamp.short) ?? "-"]
        }
        let lines = Table.lines(["USER", "WRONG CODES", "LOCKED UNTIL"], rows: rows).map {
            "  " + String($0.prefix(max(1, width - 2)))
        }
        let head = "Many wrong codes within a day, as of somebody who guesses:"
        return [""] + wrapped(head) + [""] + lines + rest(of: rollout.guessed.count)
    }

    /// Breaks the text between words.
    private func wrapped(_ text: String) -> [String] {
        text.split(separator: " ", omittingEmptySubsequences: false).reduce(into: [String]()) { lines, word in
            guard let last = lines.last, last.count + 1 + word.count <= width else { return lines.append(String(word)) }
            lines[lines.count - 1] = "\(last) \(word)"
        }
    }
}

extension RolloutForecast {
    fileprivate func json(_ now: Int64, within: Int, days: Int) -> JSONValue {
        let counted = Standing.allCases.map { ($0.rawValue, JSONValue.integer(Int64(counts[$0] ?? 0))) }
        let more: [String: JSONValue] = [
            "time": .string(Timestamp.utc(now)), "people": .integer(Int64(people)), "paused": .integer(Int64(paused)),
            "locked": .integer(Int64(locked)), "mode": .string(rules.mode.rawValue),
            "grace_until": rules.graceUntil.map { .string($0.description) } ?? .null,
            "never_seen_users": .array(neverSeen.map { .string($0.name) }),
            "within_logins": .integer(Int64(within)), "within_days": .integer(Int64(days)),
            "grace_ends": .array(endings.map(\.json)),
            "wrong_codes": .array(guessed.map(\.guesses)),
        ]
        return .object(JSONObject(sorting: Dictionary(counted) { $1 }.merging(more) { $1 }))
    }
}

extension AccountView {
    fileprivate var guesses: JSONValue {
        .object([
            "user": .string(person.name), "uid": .integer(Int64(person.uid)),
            "key": person.key.map { .string($0.description) } ?? .null,
            "wrong_codes_of_day": .integer(Int64(wrongCodesOfDay)),
            "locked_until": lockedUntil.map { .string(Timestamp.utc($0)) } ?? .null,
        ])
    }
}

extension RolloutForecast.Ending {
    fileprivate var json: JSONValue {
        .object([
            "user": .string(view.person.name), "uid": .integer(Int64(view.person.uid)),
            "key": view.person.key.map { .string($0.description) } ?? .null,
            "state": .string(view.account.state.rawValue),
            "grace_logins_left": .integer(Int64(view.graceLeft)),
            "days_left": days.map { .integer(Int64($0)) } ?? .null,
        ])
    }
}

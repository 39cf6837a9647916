internal import Accounts
internal import AuthyWire
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// How far two-factor login has come on this host.
struct RolloutForecast {
    /// Where a person stands; each person is counted once.
    enum Standing: String, CaseIterable {
        case confirmed, linked
        /// Has no factor, and is let in.
        case inGrace = "in_grace"
        /// Has no factor, and is refused.
        case graceOver = "grace_over"
        case optedOut = "opted_out"
        case neverSeen = "never_seen"
    }

    /// A person whose grace ends soon.
    struct Ending {
        let view: AccountView
        /// Days until grace is used up at the pace of the last two weeks, or until its last day; nil if neither is
        /// known.
        let days: Int?
    }

    let counts: [Standing: Int]
    let paused: Int
    let locked: Int
    /// Accounts with enough wrong codes within a day to suspect guessing, the most first.
    let guessed: [AccountView]
    /// Users of the system who have no account yet.
    let neverSeen: [SystemUser]
    /// The most urgent first.
    let endings: [Ending]
    let rules: EnrolmentRules
    /// Days until grace is over for everybody; nil if no day is set, it has passed, or the mode is not grace.
    let lastDayIn: Int?

    var people: Int { counts.values.reduce(0, +) }

    struct Horizon {
        var logins: Int
        var days: Int
    }

    /// How far back the pace is measured, in days.
    static let lookBack = 14

    /// Counts the accounts.
    ///
    /// `graceLogins` holds the grace logins of the last two weeks for each user, by stored name.
    init(
        _ accounts: [(Person, Account)], _ system: [SystemUser], _ settings: Settings, graceLogins: [String: Int],
        horizon: Horizon,
        now: Int64
    ) {
        let views = accounts.map { AccountView($0, $1, settings, now: now) }
        rules = settings.enrolment
        let seen = Set(accounts.map { SeenUser(name: $0.0.name, uid: $0.0.uid) })
        neverSeen = system.filter { !seen.contains(SeenUser(name: $0.name, uid: $0.uid)) }
        var counts = Dictionary(views.map { (Self.standing(of: $0), 1) }, uniquingKeysWith: +)
        counts[.neverSeen] = neverSeen.count
        self.counts = counts
        paused = views.count { $0.pause != nil }
        locked = views.count { $0.lockedUntil != nil }
        let many = min(settings.lockout.failures, settings.lockout.failuresOfDay)
        guessed = views.filter { $0.wrongCodesOfDay >= many }
            .sorted { ($1.wrongCodesOfDay, $0.person.nameWithKey) < ($0.wrongCodesOfDay, $1.person.nameWithKey) }
        let lastDay: Int? =
            if let until = rules.graceUntil, !rules.isOver(now) {
                Timestamp.days(until: until, from: now)
            } else {
                nil
            }
        lastDayIn = if rules.mode == .grace { lastDay } else { nil }
        let left = views.filter {
            $0.isInGrace && $0.graceLeft > 0 && !($0.isOptedOut && settings.enrolment.optOut == .yes)
        }
        endings = left.map { Ending(view: $0, days: Self.days($0, lastDay: lastDay, graceLogins: graceLogins)) }
            .filter { $0.view.graceLeft <= horizon.logins || ($0.days ?? .max) <= horizon.days }
            .sorted { Self.rank($0) < Self.rank($1) }
    }

    private struct SeenUser: Hashable {
        let name: String
        let uid: UInt32
    }

    private static func rank(_ ending: Ending) -> (Int, Int, String) {
        (ending.view.graceLeft, ending.days ?? .max, ending.view.person.nameWithKey)
    }

    private static func standing(of view: AccountView) -> Standing {
        if view.isOptedOut { return .optedOut }
        switch view.account.state {
        case .confirmed: return .confirmed
        case .linked: return .linked
        case .none: return view.lacksFactor ? .graceOver : .inGrace
        }
    }

    private static func days(_ view: AccountView, lastDay: Int?, graceLogins: [String: Int]) -> Int? {
        // Logins covered by one grace login count too, so that this is early rather than late.
        let pace = graceLogins[view.person.nameWithKey].map { view.graceLeft * lookBack / max(1, $0) }
        return [pace, lastDay].compactMap { $0 }.min()
    }
}

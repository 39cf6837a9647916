internal import Accounts
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// An account as commands show it.
struct AccountView {
    let person: Person
    let account: Account
    /// When the lock after wrong codes ends, in seconds since 1970; nil if codes are accepted.
    let lockedUntil: Int64?
    /// Wrong codes within a day.
    let wrongCodesOfDay: Int
    /// The pause in effect now, or nil.
    let pause: FactorPause?
    /// Whether an opt-out is in effect: grace may have run out, or the settings may no longer allow it.
    let isOptedOut: Bool
    /// Grace logins left under the settings.
    let graceLeft: Int
    private let mode: EnrolmentRules.Mode
    private let optOut: EnrolmentRules.OptOut
    private let now: Int64
    /// Name of a person who is identified by an SSH key; nil if there is none.
    let label: String?

    init(_ person: Person, _ account: Account, _ settings: Settings, label: String? = nil, now: Int64) {
        self.person = person
        self.account = account
        self.label = label
        self.now = now
        let instant = Instant(wall: now, bootTime: Timestamp.bootTime)
        lockedUntil = account.lock(settings.lockout, at: instant)
        wrongCodesOfDay = account.failuresOfDay(at: instant)
        pause =
            if let pause = account.pause, pause.holds(at: now, maxHours: settings.pauseMaxHours) {
                pause
            } else {
                nil
            }
        mode = settings.enrolment.mode
        optOut = settings.enrolment.optOut
        graceLeft = Self.graceLeft(account, rules: settings.enrolment, now: now)
        isOptedOut = account.optedOut != nil && (optOut == .yes || optOut == .grace && graceLeft > 0)
    }

    /// Whether a factor is required and missing: logins are refused unless an exemption, pause or opt-out applies.
    var lacksFactor: Bool { account.state == .none && !(mode == .optional || mode == .grace && graceLeft > 0) }

    /// The account's status in one word: `paused`, `opted-out`, or its state.
    var standing: String {
        if pause != nil { "paused" } else if isOptedOut { "opted-out" } else { account.state.rawValue }
    }

    var json: JSONValue { .object(JSONObject(sorting: fields)) }

    /// The account together with its details.
    func json(_ more: Details) -> JSONValue { json(with: more.json) }

    func json(with more: [String: JSONValue]) -> JSONValue {
        .object(JSONObject(sorting: fields.merging(more) { $1 }))
    }

    private var fields: [String: JSONValue] {
        [
            "user": .string(person.name),
            "uid": .integer(Int64(person.uid)),
            "key": person.key.map { .string($0.description) } ?? .null,
            "label": label.map { .string($0) } ?? .null,
            "authy_id": account.authyID.map { .integer($0.value) } ?? .null,
            "had_authy_id": .bool(account.hadAuthyID),
            "softtoken": .bool(account.hasSoftToken),
            "state": .string(account.state.rawValue),
            "locked_until": lockedUntil.map { .string(Timestamp.utc($0)) } ?? .null,
            "grace_logins_used": .integer(Int64(account.graceUsed)),
            "grace_logins_left": .integer(Int64(graceLeft)),
            "failures": .integer(Int64(account.failures)),
            "wrong_codes_of_day": .integer(Int64(wrongCodesOfDay)),
            "wrong_codes_since_login": .integer(Int64(account.wrongCodes)),
            "opted_out": account.optedOut.map { .string(Timestamp.utc($0)) } ?? .null,
            "opted_out_counts": .bool(isOptedOut),
            "paused_until": pause.map { .string(Timestamp.utc($0.until)) } ?? .null,
            "pause_reason": pause.map { .string($0.reason) } ?? .null,
            "prefers": account.prefers.map { .string($0.rawValue) } ?? .null,
            "recovery_codes_left": .integer(Int64(account.recoveryLeft)),
            "server": account.seen?.json ?? .null,
        ]
    }

    /// The account as `show` prints it, one line for each known fact.
    func lines(_ more: Details) -> [String] {
        let known: [(String, String?)] = [
            ("user", "\(person.nameWithKey) (uid \(person.uid))"),
            ("label", label),
            ("state", stateLine),
            ("paused", pause.map { "until \(Timestamp.local($0.until)): \($0.reason)" }),
            ("opted out", optedOutLine),
            ("AuthyID", authyIDLine),
            ("server says", account.seen.map { "\($0.sentence), \(Timestamp.age($0.time, now: now))" }),
            ("SoftToken", more.token.map { "\($0.algorithm), \($0.digits) digits, \($0.period) s" } ?? "-"),
            ("prefers", account.prefers?.rawValue),
            ("recovery", recoveryLine),
            ("locked", lockedUntil.map { "until \(Timestamp.local($0))" } ?? "-"),
            ("failures", String(account.failures)),
            ("wrong codes", wrongCodesLine),
            ("grace logins", graceLine),
        ]
        let lines =
            known.compactMap { title, text in text.map { (title, $0) } } + more.limited
            + more.remembered.map { ("remembered", $0) }
        return (lines + more.people.map { ("person", "\($0.key) \($0.state)\($0.label.map { " (\($0))" } ?? "")") }).map
        {
            "\($0.0):".padded(to: 14) + $0.1
        }
    }

    /// The account's state, followed by `paused` and `opted-out` where they apply.
    private var stateLine: String {
        var words = [account.state.rawValue]
        if pause != nil { words.append("paused") }
        if isOptedOut { words.append("opted-out") }
        return words.joined(separator: ", ")
    }

    private var authyIDLine: String {
        if let id = account.authyID { id.description } else if account.hadAuthyID { "- (there was one)" } else { "-" }
    }

    private var recoveryLine: String? {
        if account.state == .none { nil } else { "\(account.recoveryLeft.counted("code")) left" }
    }

    private var optedOutLine: String? {
        account.optedOut.map { since in "since \(Timestamp.local(since))\(reasonOptOutIsVoid)" }
    }

    private var reasonOptOutIsVoid: String {
        if isOptedOut { "" } else if optOut == .no { "; the settings do not allow it" } else { "; grace is used up" }
    }

    var graceLine: String {
        if account.isConfirmed { return "\(account.graceUsed) used; grace does not apply to a confirmed account" }
        if mode != .grace { return "\(account.graceUsed) used; grace applies in enrolment.mode = \"grace\" only" }
        return "\(account.graceUsed) used, \(graceLeft) left"
    }

    /// Whether grace logins apply to this account.
    var isInGrace: Bool { mode == .grace && !account.isConfirmed }

    private var wrongCodesLine: String? {
        guard wrongCodesOfDay > 0 || account.wrongCodes > 0 else { return nil }
        return "\(wrongCodesOfDay) within a day, \(account.wrongCodes) since the last login"
    }

    private static func graceLeft(_ account: Account, rules: EnrolmentRules, now: Int64) -> Int {
        if rules.isOver(now) { 0 } else { max(0, rules.graceLogins - account.graceUsed) }
    }
}

/// Data kept beside an account, shown for one account at a time.
struct Details {
    let token: StoredSoftToken?
    /// Remembered logins that have not expired.
    private let logins: [(login: TrustedLogin, time: Int64)]
    private let seconds: Int
    /// People who share this account, told apart by their keys.
    let people: [(key: KeyFingerprint, state: AccountState, label: String?)]
    /// Limits on approval requests and codes that are in effect.
    private let limits: RequestLimits

    init(of person: Person, _ context: CommandContext) throws {
        token = try context.accounts.softToken(of: person)
        seconds = context.settings.remember
        let now = context.now
        let first = now - Int64(seconds)
        logins = try context.accounts.remembered(of: person).filter { $0.time > first && $0.time <= now + 60 }
        let others = try context.peopleWithKeys(beside: person)
        let labels = try context.accounts.labels()
        people = try others.compactMap { other in
            try other.key.map { ($0, try context.accounts.account(of: other).state, labels[other]) }
        }
        limits = try context.accounts.requestLimits(of: person, now: now)
    }

    /// Titles and texts of the limits in effect.
    var limited: [(String, String)] {
        let unlock = "unlock ends it"
        let pauses = limits.denied.map { pause in
            let logins = if pause.place.isEmpty { "logins of this host" } else { "logins from \(pause.place)" }
            return (
                "denied", "no request goes to the phone for \(logins) until \(Timestamp.local(pause.until)); \(unlock)"
            )
        }
        let requests = limits.requestsUntil.map {
            ("requests", "none goes to the phone until \(Timestamp.local($0)); \(unlock)")
        }
        let codes = limits.oneCodesUntil.map { ("codes", "none is sent until \(Timestamp.local($0)); \(unlock)") }
        return pauses + [requests, codes].compactMap { $0 }
    }

    var remembered: [String] {
        logins.map { login, time in
            let key = if login.key.isEmpty { "" } else { " with \(login.key)" }
            return "\(login.service) from \(login.address)\(key), until \(Timestamp.local(time + Int64(seconds)))"
        }
    }

    var json: [String: JSONValue] {
        let parameters = token.map { token in
            JSONValue.object([
                "algorithm": .string(token.algorithm), "digits": .integer(Int64(token.digits)),
                "period": .integer(Int64(token.period)),
            ])
        }
        let remembered = logins.map { login, time in
            JSONValue.object([
                "service": .string(login.service), "address": .string(login.address),
                "key": login.key.isEmpty ? .null : .string(login.key),
                "time": .string(Timestamp.utc(time)), "until": .string(Timestamp.utc(time + Int64(seconds))),
            ])
        }
        return [
            "softtoken_parameters": parameters ?? .null, "remembered": .array(remembered),
            "people": .array(people.map { .string($0.key.description) }),
            "denied": .array(
                limits.denied.map { .object(["place": .string($0.place), "until": .string(Timestamp.utc($0.until))]) }),
            "requests_paused_until": limits.requestsUntil.map { .string(Timestamp.utc($0)) } ?? .null,
            "codes_paused_until": limits.oneCodesUntil.map { .string(Timestamp.utc($0)) } ?? .null,
        ]
    }
}

extension ServerView {
    fileprivate var sentence: String {
        [phone.map { "phone \($0)" }, hasApp.map(Self.app)].compactMap { $0 }.joined(separator: ", ")
    }

    /// Says in words whether there is a device for approval.
    static func app(_ hasApp: Bool) -> String {
        if hasApp { "OneTouch possible" } else { "no device for OneTouch: codes only" }
    }

    fileprivate var json: JSONValue {
        .object([
            "phone": phone.map { .string($0) } ?? .null, "has_app": hasApp.map { .bool($0) } ?? .null,
            "time": .string(Timestamp.utc(time)),
        ])
    }
}

internal import Accounts
internal import AuthyWire
internal import LoginFlow
internal import Settings

/// An account as it is shown.
struct AccountView {
    private let person: Person
    private let account: Account
    /// Until when no codes are taken, or nil.
    private let lockedUntil: Int64?
    private let mode: EnrolmentRules.Mode
    /// How many more grace logins the settings leave.
    let graceLeft: Int

    init(_ person: Person, _ account: Account, _ settings: Settings, now: Int64) {
        self.person = person
        self.account = account
        lockedUntil = Self.lock(account, settings.lockout, now)
        mode = settings.enrolment.mode
        graceLeft = Self.graceLeft(account, settings.enrolment, now)
    }

    var json: JSONValue { .object(fields) }

    /// With what only the SoftToken itself knows.
    func json(_ token: StoredSoftToken?) -> JSONValue {
        let parameters = token.map { token in
            JSONValue.object([
                "algorithm": .string(token.algorithm), "digits": .integer(Int64(token.digits)), "period": .integer(Int64(token.period)),
            ])
        }
        return .object(fields.merging(["softtoken_parameters": parameters ?? .null]) { $1 })
    }

    private var fields: [String: JSONValue] {
        [
            "user": .string(person.name),
            "uid": .integer(Int64(person.uid)),
            "authy_id": account.authyID.map { .integer($0.value) } ?? .null,
            "softtoken": .bool(account.hasSoftToken),
            "state": .string(account.state.rawValue),
            "locked_until": lockedUntil.map { .string(Moment.utc($0)) } ?? .null,
            "grace_logins_used": .integer(Int64(account.graceUsed)),
            "grace_logins_left": .integer(Int64(graceLeft)),
            "failures": .integer(Int64(account.failures)),
        ]
    }

    /// One line for each thing that is known.
    func lines(_ token: StoredSoftToken?) -> [String] {
        [
            ("user", "\(person.name.plain) (uid \(person.uid))"),
            ("state", account.state.rawValue),
            ("AuthyID", account.authyID?.description ?? "-"),
            ("SoftToken", token.map { "\($0.algorithm), \($0.digits) digits, \($0.period) s" } ?? "-"),
            ("locked", lockedUntil.map { "until \(Moment.local($0))" } ?? "-"),
            ("failures", String(account.failures)),
            ("grace logins", graceLine),
        ].map { "\($0.0):".padded(to: 14) + $0.1 }
    }

    var graceLine: String {
        if account.isConfirmed { return "\(account.graceUsed) used; grace does not apply to a confirmed account" }
        if mode != .grace { return "\(account.graceUsed) used; grace applies in enrolment.mode = \"grace\" only" }
        return "\(account.graceUsed) used, \(graceLeft) left"
    }

    static let header = ["USER", "UID", "STATE", "AUTHYID", "SOFTTOKEN", "GRACE", "LOCKED UNTIL"]

    /// How many were used, of how many.
    private var grace: String { account.isConfirmed ? "-" : "\(account.graceUsed)/\(account.graceUsed + graceLeft)" }

    var row: [String] {
        [
            person.name, String(person.uid), account.state.rawValue, account.authyID?.description ?? "-",
            account.hasSoftToken ? "yes" : "-", grace, lockedUntil.map(Moment.short) ?? "-",
        ]
    }

    /// As for a login: no longer than the rules say now, since the clock may have been ahead when it was set.
    private static func lock(_ account: Account, _ rules: LockoutRules, _ now: Int64) -> Int64? {
        guard let until = account.lockedUntil, until > now else { return nil }
        return min(until, now + Int64(rules.seconds))
    }

    private static func graceLeft(_ account: Account, _ rules: EnrolmentRules, _ now: Int64) -> Int {
        rules.isOver(now) ? 0 : max(0, rules.graceLogins - account.graceUsed)
    }
}

internal import Accounts
internal import Encoding
internal import Identifiers
internal import LoginPolicy

/// The log line of one decision; its keys have a fixed order.
struct LogLine {
    private let text: String
    /// The priority as in syslog(3); a login that an outage excuses is an alert.
    let priority: Int64

    init(_ decision: Decision, of login: LoginRequest, commit: LoginCommit) {
        let subject = commit.person
        let detail = [subject?.key.map { "key \($0)" }, decision.detail].compactMap { $0 }.joined(separator: "; ")
        let keys = [
            ("outcome", decision.outcome.rawValue), ("reason", decision.reason.rawValue),
            ("factor", decision.factor?.rawValue ?? ""),
            ("user", subject?.name ?? login.name), ("uid", subject.map { String($0.uid) } ?? ""),
            ("service", login.service),
            ("rhost", login.rhost),
        ]
        let words = keys.map { "\($0)=\($1.logToken)" }.joined(separator: " ")
        // The request comes last, so that patterns for lines of earlier versions still match.
        text = words + " detail=\"\(detail.logText)\" request=\(decision.request?.description ?? "-")"
        priority =
            switch (decision.outcome, decision.reason) {
            case (.excused, .outage): 1
            case (.unavailable, _): 3
            case (.approved, .enrolled), (.excused, .paused): 4
            case (.excused, .optedOut) where commit.optsOut: 4
            case (.denied, _): 5
            default: 6
            }
    }

    var description: String { text }
}

internal import LoginFlow

/// One decision, one line, its keys in a fixed order.
struct LogLine {
    private let text: String
    /// As in syslog(3): a login without a factor because of an outage is an alert.
    let priority: Int64

    init(_ ending: Ending, _ visit: Visit, judged: Person?) {
        let decision = ending.decision
        let detail = [judged?.key.map { "key \($0)" }, ending.detail].compactMap { $0 }.joined(separator: "; ")
        let keys = [
            ("outcome", decision.outcome.rawValue), ("reason", decision.reason.rawValue), ("factor", decision.factor?.rawValue ?? ""),
            ("user", judged?.name ?? visit.name), ("uid", judged.map { String($0.uid) } ?? ""), ("service", visit.service),
            ("rhost", visit.rhost),
        ]
        let words = keys.map { "\($0)=\(Self.token($1))" }.joined(separator: " ")
        // The request stands last, so that patterns for lines of earlier versions still match.
        text = words + " detail=\"\(Self.plain(detail))\" request=\(ending.request?.description ?? "-")"
        priority =
            switch (decision.outcome, decision.reason) {
            case (.excused, .outage): 1
            case (.unavailable, _): 3
            case (.approved, .enrolled), (.excused, .paused): 4
            case (.excused, .optedOut) where ending.optsOut: 4
            case (.denied, _): 5
            default: 6
            }
    }

    var description: String { text }

    /// Nothing in a value can end it or begin another.
    private static func token(_ value: String) -> String {
        let safe = value.utf8.prefix(127).map { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D ? $0 : 0x3F }
        return safe.isEmpty ? "-" : String(decoding: safe, as: UTF8.self)
    }

    private static func plain(_ text: String) -> String {
        String(decoding: text.utf8.prefix(300).map { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 ? $0 : 0x3F }, as: UTF8.self)
    }
}

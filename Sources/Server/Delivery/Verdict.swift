/// What a gateway made of one try. The words are ours or libcurl's, never the other side's.
package enum Verdict: Equatable, Sendable {
    case taken(String)
    /// Another try may do better, at the earliest after so many seconds.
    case mayPass(String, after: Int?)
    case refused(String)

    package var detail: String {
        switch self {
        case .taken(let detail), .mayPass(let detail, _), .refused(let detail): detail
        }
    }

    /// Of an HTTP exchange: 2xx is a yes; 429 and 5xx may pass, as what never left.
    /// - Parameter note: more about a refusal.
    package static func http(_ result: OutgoingResult, note: ([UInt8]) -> String = { _ in "" }) -> Verdict {
        guard case .answer(let answer) = result else { return unanswered(result) }
        switch answer.status {
        case 200...299: return .taken("HTTP \(answer.status)")
        case 429, 500...599: return .mayPass("HTTP \(answer.status)\(note(answer.body))", after: answer.retryAfter)
        default: return .refused("HTTP \(answer.status)\(note(answer.body))")
        }
    }

    /// Of a mail: 2xx is a yes, 4xx may pass (RFC 5321, section 4.2.1).
    package static func mail(_ result: OutgoingResult) -> Verdict {
        guard case .answer(let answer) = result else { return unanswered(result) }
        switch answer.status {
        case 200...299: return .taken("SMTP \(answer.status)")
        case 400...499: return .mayPass("SMTP \(answer.status)", after: nil)
        default: return .refused("SMTP \(answer.status)")
        }
    }

    private static func unanswered(_ result: OutgoingResult) -> Verdict {
        switch result {
        case .answer: .refused("no answer")
        case .unreached(let reason): .mayPass(reason, after: nil)
        case .refused(.tooMany): .mayPass(OutgoingResult.Refusal.tooMany.rawValue, after: nil)
        case .refused(let refusal): .refused(refusal.rawValue)
        case .failed(let reason): .refused(reason)
        }
    }
}

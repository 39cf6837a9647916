/// The result of one try by a gateway.
///
/// The texts come from this module or from libcurl, never from the other side.
package enum Verdict: Equatable, Sendable {
    case taken(String)
    /// A failure that may be temporary, with the seconds to wait before a retry, or nil.
    case mayPass(String, after: Int?)
    case refused(String)

    /// A text for the delivery records.
    package var detail: String {
        switch self {
        case .taken(let detail), .mayPass(let detail, _), .refused(let detail): detail
        }
    }

    /// Returns the result of an HTTP exchange.
    ///
    /// 2xx is success. 429, 5xx, a full queue and an unreachable host may be temporary; everything else is final.
    ///
    /// - Parameters:
    ///   - result: the result of the request.
    ///   - note: returns a text to add to a failure, from the response body.
    /// - Returns: `.taken`, `.mayPass` or `.refused`.
    package static func http(_ result: OutgoingResult, note: ([UInt8]) -> String = { _ in "" }) -> Verdict {
        guard case .answer(let answer) = result else { return unanswered(result) }
        switch answer.status {
        case 200...299: return .taken("HTTP \(answer.status)")
        case 429, 500...599: return .mayPass("HTTP \(answer.status)\(note(answer.body))", after: answer.retryAfter)
        default: return .refused("HTTP \(answer.status)\(note(answer.body))")
        }
    }

    /// Returns the result of a mail: 2xx is success, and 4xx may be temporary (RFC 5321, section 4.2.1).
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

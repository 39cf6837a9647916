/// The result of one try by a gateway.
///
/// The texts come from this module or from libcurl, never from the other side.
package enum GatewayResult: Equatable, Sendable {
    case accepted(String)
    /// A failure that may be temporary, with the seconds to wait before a retry, or nil.
    case temporaryFailure(String, after: Int?)
    case permanentFailure(String)

    /// A text for the delivery records.
    package var detail: String {
        switch self {
        case .accepted(let detail), .temporaryFailure(let detail, _), .permanentFailure(let detail): detail
        }
    }

    /// Returns the result of an HTTP exchange.
    ///
    /// 2xx is success. 429, 5xx, a full queue and an unreachable host may be temporary; everything else is final.
    ///
    /// - Parameters:
    ///   - result: the result of the request.
    ///   - note: returns a text to add to a failure, from the response body.
    /// - Returns: `.accepted`, `.temporaryFailure` or `.permanentFailure`.
    package static func http(_ result: OutgoingResult, note: ([UInt8]) -> String = { _ in "" }) -> GatewayResult {
        guard case .response(let response) = result else { return noResponse(result) }
        switch response.status {
        case 200...299: return .accepted("HTTP \(response.status)")
        case 429, 500...599:
            return .temporaryFailure("HTTP \(response.status)\(note(response.body))", after: response.retryAfter)
        default: return .permanentFailure("HTTP \(response.status)\(note(response.body))")
        }
    }

    /// Returns the result of a mail: 2xx is success, and 4xx may be temporary (RFC 5321, section 4.2.1).
    package static func mail(_ result: OutgoingResult) -> GatewayResult {
        guard case .response(let response) = result else { return noResponse(result) }
        switch response.status {
        case 200...299: return .accepted("SMTP \(response.status)")
        case 400...499: return .temporaryFailure("SMTP \(response.status)", after: nil)
        default: return .permanentFailure("SMTP \(response.status)")
        }
    }

    private static func noResponse(_ result: OutgoingResult) -> GatewayResult {
        switch result {
        case .response: .permanentFailure("no answer")
        case .unreached(let reason): .temporaryFailure(reason, after: nil)
        case .refused(.tooMany): .temporaryFailure(OutgoingResult.Refusal.tooMany.rawValue, after: nil)
        case .refused(let refusal): .permanentFailure(refusal.rawValue)
        case .failed(let reason): .permanentFailure(reason)
        }
    }
}

internal import AuthyService
internal import Identifiers
internal import Logging

extension RootResponder {
    /// Logs refused keys and rate limits.
    ///
    /// `verify` logs its own refusals, and its path may contain a code.
    func logRefusal(_ error: APIError, of application: Int64?, path steps: ArraySlice<Substring>, from address: String)
    {
        if error == .key {
            service.rateLimitedLog.warn(
                "key_refused", about: address, metadata: ["address": "\(address)"], at: service.limitTime())
        }
        let steps = Array(steps.dropFirst(2))
        guard error.status == 429, let application, let call = steps.first, call != "verify" else { return }
        let user = steps.dropFirst().first.flatMap { AuthyID(String($0)) }?.description ?? ""
        let name = if let last = steps.last, last == "approval_requests" { last } else { call }
        service.rateLimitedLog.warn(
            "too_many_requests", about: "\(name) \(application) \(user)",
            metadata: [
                "application": "\(application)", "user": "\(user)", "call": "\(name)",
                "retry_after": "\(error.retryAfter ?? 0)",
            ],
            at: service.limitTime())
    }
}

internal import AuthyService
internal import Logging
internal import Identifiers

extension RootResponder {
    /// Logs refused keys and rate limits.
    ///
    /// `verify` logs its own refusals, and its path may contain a code.
    func tell(_ refusal: Refusal, of application: Int64?, _ steps: ArraySlice<Substring>, _ address: String) {
        if refusal == .key {
            service.sparingLog.warn("key_refused", about: address, ["address": "\(address)"], at: service.limitTime())
        }
        let steps = Array(steps.dropFirst(2))
        guard refusal.status == 429, let application, let call = steps.first, call != "verify" else { return }
        let user = steps.dropFirst().first.flatMap { AuthyID(String($0)) }?.description ?? ""
        let name = steps.last == "approval_requests" ? "approval_requests" : call
        service.sparingLog.warn(
            "too_many_requests", about: "\(name) \(application) \(user)",
            [
                "application": "\(application)", "user": "\(user)", "call": "\(name)",
                "retry_after": "\(refusal.retryAfter ?? 0)",
            ],
            at: service.limitTime())
    }
}

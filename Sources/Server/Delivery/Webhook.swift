internal import Crypto
internal import Encoding
internal import ServerSettings

/// A gateway that POSTs JSON to a service of the administrator's, signed with a shared secret.
package struct Webhook: Sendable {
    private let url: String
    private let key: SymmetricKey

    /// Creates a webhook.
    ///
    /// - Parameters:
    ///   - url: https, or http to loopback.
    ///   - secret: the key of the signature.
    /// - Throws: `DeliveryError` if the URL is neither.
    package init(url: String, secret: [UInt8]) throws(DeliveryError) {
        self.url = url
        key = SymmetricKey(data: secret)
        try GatewayClient.checkHTTP(url)
    }

    /// Builds the request for one try.
    ///
    /// - Parameters:
    ///   - job: the message and its timeout.
    ///   - now: Unix seconds, which are signed with the body.
    /// - Returns: a POST with the headers `X-Countersign-Timestamp` and `X-Countersign-Signature`.
    package func request(_ job: GatewayClient.DeliveryJob, at now: Int64) -> OutgoingRequest {
        let body = Self.body(job, at: now)
        let headers = [
            ("Content-Type", "application/json"), ("X-Countersign-Timestamp", String(now)),
            ("X-Countersign-Signature", signature(timestamp: now, body: body)),
        ]
        return OutgoingRequest(
            url: url, headers: headers.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8), timeout: job.timeout)
    }

    /// HMAC-SHA256 of `TIMESTAMP.BODY`, in lower-case hex.
    private func signature(timestamp: Int64, body: String) -> String {
        Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: Array("\(timestamp).\(body)".utf8), using: key))
    }

    private static func body(_ job: GatewayClient.DeliveryJob, at now: Int64) -> String {
        let message = job.message
        var body: JSONObject = [
            "id": .string(job.id), "kind": .string(message.kind.rawValue), "to": .string(message.to),
            "code": .string(message.code), "text": .string(message.text), "application": .string(message.application),
        ]
        if message.kind == .email { body["subject"] = .string(message.subject) }
        body["locale"] = message.locale.map { .string($0) }
        body["at"] = .integer(now)
        return JSONValue.object(body).serialized()
    }
}

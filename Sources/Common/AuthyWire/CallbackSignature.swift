internal import Crypto

/// The signature of a callback: HMAC-SHA256 over nonce, method, URL and parameters, in Base64.
///
/// It says who sent the callback, not when: a receiver remembers the nonces it has seen, and bounds their age where they are Unix times.
public struct CallbackSignature: Equatable, Sendable {
    /// `NONCE|METHOD|URL|PARAMETERS`
    public let stringToSign: String

    /// - Parameters:
    ///   - nonce: the header `X-Authy-Signature-Nonce`, as it came.
    ///   - url: scheme, host and path as the sender saw them; behind a proxy that ends TLS this is a setting, not what arrived.
    ///     A query is cut off.
    public init(nonce: String, method: Endpoint.Method, url: String, body: JSONValue) {
        self.init(nonce: nonce, method: method, url: url, parameters: CanonicalText.of(body))
    }

    /// - Parameter query: names and values, decoded, in the order in which they came.
    public init(nonce: String, method: Endpoint.Method, url: String, query: [(name: String, value: String)]) {
        self.init(nonce: nonce, method: method, url: url, parameters: CanonicalText.of(query: query))
    }

    private init(nonce: String, method: Endpoint.Method, url: String, parameters: String) {
        stringToSign = [nonce, method.rawValue, String(url.prefix { $0 != "?" && $0 != "#" }), parameters].joined(
            separator: "|")
    }

    /// The value of `X-Authy-Signature`.
    /// - Parameter key: the bytes of the application's API key.
    public func text(key: some Sequence<UInt8>) -> String {
        let key = SymmetricKey(data: Array(key))
        return Base64.encode(HMAC<SHA256>.authenticationCode(for: Array(stringToSign.utf8), using: key))
    }

    /// Whether a value of `X-Authy-Signature` is right; it takes the same time wherever it is wrong.
    public func matches(_ signature: String, key: some Sequence<UInt8>) -> Bool {
        let expected = text(key: key)
        guard signature.utf8.count == expected.utf8.count else { return false }
        return zip(signature.utf8, expected.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

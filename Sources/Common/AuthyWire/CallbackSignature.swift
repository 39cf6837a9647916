internal import Crypto
public import Encoding

/// The signature of a callback: HMAC-SHA256 over nonce, method, URL and parameters, in Base64.
///
/// It proves who sent the callback, not when. A receiver remembers the nonces that it has seen, and limits their age if
/// they are Unix times.
public struct CallbackSignature: Equatable, Sendable {
    /// `NONCE|METHOD|URL|PARAMETERS`.
    public let stringToSign: String

    /// Prepares the signature of a callback with a JSON body.
    ///
    /// - Parameters:
    ///   - nonce: the header `X-Authy-Signature-Nonce`, as received.
    ///   - method: the HTTP method.
    ///   - url: scheme, host and path as the sender sees them; behind a proxy that ends TLS this is a setting, not the
    ///     URL of the request. Query and fragment are cut off.
    ///   - body: the parsed body.
    public init(nonce: String, method: Endpoint.Method, url: String, body: JSONValue) {
        self.init(nonce: nonce, method: method, url: url, parameters: CanonicalText.of(body))
    }

    /// Prepares the signature of a callback with a query.
    ///
    /// - Parameters:
    ///   - nonce: the header `X-Authy-Signature-Nonce`, as received.
    ///   - method: the HTTP method.
    ///   - url: as for a callback with a body.
    ///   - query: decoded names and values, in the order of the request.
    public init(nonce: String, method: Endpoint.Method, url: String, query: [(name: String, value: String)]) {
        self.init(nonce: nonce, method: method, url: url, parameters: CanonicalText.of(query: query))
    }

    private init(nonce: String, method: Endpoint.Method, url: String, parameters: String) {
        stringToSign = [nonce, method.rawValue, String(url.prefix { $0 != "?" && $0 != "#" }), parameters].joined(
            separator: "|")
    }

    /// The value of `X-Authy-Signature`.
    ///
    /// - Parameter key: the bytes of the API key of the application.
    /// - Returns: 44 characters of Base64.
    public func text(key: some Sequence<UInt8>) -> String {
        let key = SymmetricKey(data: Array(key))
        return Base64.encode(Array(HMAC<SHA256>.authenticationCode(for: Array(stringToSign.utf8), using: key)))
    }

    /// Whether a value of `X-Authy-Signature` is right, in a time that does not depend on where it differs.
    ///
    /// - Parameters:
    ///   - signature: the value of the header.
    ///   - key: the bytes of the API key of the application.
    /// - Returns: false for any other value, and for one of another length at once.
    public func matches(_ signature: String, key: some Sequence<UInt8>) -> Bool {
        let expected = text(key: key)
        guard signature.utf8.count == expected.utf8.count else { return false }
        return zip(signature.utf8, expected.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

internal import Crypto
internal import Encoding

/// The key pair that identifies this server to push services (RFC 8292).
///
/// Browsers bind their subscriptions to the public key: a new key ends all subscriptions.
public struct VAPIDKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// Makes a new random key pair.
    public init() { key = P256.Signing.PrivateKey() }

    /// Reads a private key; nil unless it has 32 bytes and is in the range of the curve.
    public init?(rawRepresentation: [UInt8]) {
        guard let key = try? P256.Signing.PrivateKey(rawRepresentation: rawRepresentation) else { return nil }
        self.key = key
    }

    /// The private key, 32 bytes; as secret as the key itself.
    public var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

    /// The public key as an uncompressed point, 65 bytes: `applicationServerKey` in the browser.
    public var publicKey: [UInt8] { Array(key.publicKey.x963Representation) }

    /// Returns the value of the `Authorization` header for a push service (RFC 8292, section 3).
    ///
    /// - Parameters:
    ///   - audience: The origin of the push service: scheme, host and port.
    ///   - subject: A `mailto:` or `https:` address at which the operators of the push service reach the operators of
    ///     this server.
    ///   - expires: Unix time in seconds, at most one day ahead.
    /// - Returns: `vapid t=JWT, k=PUBLIC_KEY`, with the JWT signed by ES256.
    /// - Throws: An error of the crypto library if signing fails.
    public func authorization(audience: String, subject: String, expires: Int64) throws -> String {
        let claims: JSONValue = ["aud": .string(audience), "exp": .integer(expires), "sub": .string(subject)]
        let signed = Self.part(["typ": "JWT", "alg": "ES256"]) + "." + Self.part(claims)
        let signature = try key.signature(for: Array(signed.utf8))
        return "vapid t=\(signed).\(Base64URL.encode(signature.rawRepresentation)), k=\(Base64URL.encode(publicKey))"
    }

    /// Encodes a part of the JWT without optional escapes: some push services compare the bytes.
    private static func part(_ json: JSONValue) -> String {
        Base64URL.encode(Array(json.serialized(escaping: .required).utf8))
    }
}

extension VAPIDKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The fixed text `VAPID key`, so that the private key never gets into a log.
    public var description: String { "VAPID key" }
    /// The same fixed text as `description`.
    public var debugDescription: String { description }
    /// A mirror without children, so that reflection does not show the private key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

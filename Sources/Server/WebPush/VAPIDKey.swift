internal import Crypto
internal import Vault

/// The key by which push services know this server (RFC 8292). Browsers subscribe for it: a new one ends all subscriptions.
public struct VAPIDKey: Sendable {
    private let key: P256.Signing.PrivateKey

    public init() { key = P256.Signing.PrivateKey() }

    /// Nil unless it is 32 bytes and a number that the curve allows.
    public init?(rawRepresentation: [UInt8]) {
        guard let key = try? P256.Signing.PrivateKey(rawRepresentation: rawRepresentation) else { return nil }
        self.key = key
    }

    /// 32 bytes; whoever has them has the key.
    public var rawRepresentation: [UInt8] { Array(key.rawRepresentation) }

    /// 65 bytes: `applicationServerKey` in the browser.
    public var publicKey: [UInt8] { Array(key.publicKey.x963Representation) }

    /// The value of the header `Authorization` (RFC 8292, section 3).
    /// - Parameters:
    ///   - audience: scheme, host and port of the push service's address.
    ///   - subject: `mailto:` or `https:`, by which its people reach ours.
    ///   - expires: Unix time, at most a day ahead.
    public func authorization(audience: String, subject: String, expires: Int64) throws -> String {
        let claims = #"{"aud":\#(JSONString(audience)),"exp":\#(expires),"sub":\#(JSONString(subject))}"#
        let signed = Self.part(#"{"typ":"JWT","alg":"ES256"}"#) + "." + Self.part(claims)
        let signature = try key.signature(for: Array(signed.utf8))
        return "vapid t=\(signed).\(Base64URL.encode(signature.rawRepresentation)), k=\(Base64URL.encode(publicKey))"
    }

    private static func part(_ json: String) -> String { Base64URL.encode(Array(json.utf8)) }
}

extension VAPIDKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "VAPID key" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A text as JSON has it (RFC 8259, section 7), with no escape that is not needed: some push services compare the bytes.
private struct JSONString: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        description = text.unicodeScalars.reduce(into: "\"") { json, scalar in json += Self.escaped(scalar) } + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\u{0}"..."\u{1F}":
            let hex = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        default: return String(scalar)
        }
    }
}

internal import Crypto

/// The public key of a browser that signs answers with ES256: ECDSA with P-256 and SHA-256, as WebCrypto writes it.
public struct DeviceKey: Sendable {
    private let key: P256.Signing.PublicKey

    /// Reads an uncompressed point (SEC 1, section 2.3.3); nil unless it has 65 bytes and lies on the curve.
    public init?(uncompressedPoint point: [UInt8]) {
        guard Point.isUncompressed(point), let key = try? P256.Signing.PublicKey(x963Representation: point) else {
            return nil
        }
        self.key = key
    }

    /// Verifies an ES256 signature (RFC 7518, section 3.4).
    ///
    /// - Parameters:
    ///   - signature: r and s, 32 bytes each. It does not identify the signed text: anyone can derive a second valid
    ///     signature from it.
    ///   - text: The signed text; its UTF-8 bytes are hashed.
    /// - Returns: Whether the signature is valid; false if it does not have 64 bytes.
    public func isValid(signature: [UInt8], of text: String) -> Bool {
        guard signature.count == 64, let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
        else { return false }
        return key.isValidSignature(signature, for: Array(text.utf8))
    }
}

/// The form of an uncompressed P-256 point (SEC 1, section 2.3.3).
enum Point {
    static let size = 65

    /// Whether the bytes have the form of an uncompressed point; the library checks that it lies on the curve.
    static func isUncompressed(_ bytes: [UInt8]) -> Bool { bytes.count == size && bytes.first == 0x04 }
}

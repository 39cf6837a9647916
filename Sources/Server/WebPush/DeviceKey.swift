internal import Crypto

/// The public key of a browser that signs answers (ES256: ECDSA with P-256 and SHA-256, as WebCrypto writes it).
public struct DeviceKey: Sendable {
    private let key: P256.Signing.PublicKey

    /// Nil unless it is 65 bytes, uncompressed (SEC 1, section 2.3.3), and a point on the curve.
    public init?(uncompressedPoint point: [UInt8]) {
        guard Point.isUncompressed(point), let key = try? P256.Signing.PublicKey(x963Representation: point) else {
            return nil
        }
        self.key = key
    }

    /// - Parameters:
    ///   - signature: r and s, 32 bytes each. It is no name for what was signed: anyone can make a second one out of it.
    ///   - text: signed as UTF-8.
    public func isValid(signature: [UInt8], of text: String) -> Bool {
        guard signature.count == 64, let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
        else { return false }
        return key.isValidSignature(signature, for: Array(text.utf8))
    }
}

enum Point {
    static let size = 65

    /// Whether the bytes have the form; whether the point is on the curve is for the library to say.
    static func isUncompressed(_ bytes: [UInt8]) -> Bool { bytes.count == size && bytes.first == 0x04 }
}

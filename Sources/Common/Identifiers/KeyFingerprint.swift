/// The SHA-256 fingerprint of an SSH public key, as `ssh-keygen -lf` prints it.
public struct KeyFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// `SHA256:` and 43 characters of Base64 without padding.
    public let description: String

    /// Reads a fingerprint in that form; nil for anything else.
    public init?(_ text: String) {
        let digest = text.utf8.dropFirst(7)
        guard text.hasPrefix("SHA256:"), digest.count == 43, digest.allSatisfy(Self.isBase64) else { return nil }
        description = text
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
        default: false
        }
    }
}

/// What a person typed as a recovery code: 8 to 32 letters and digits, without the blanks and hyphens between them.
///
/// Capitals become small letters; the letter o becomes the digit 0, and i and l become 1, as people confuse them.
public struct RecoveryCode: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The normalized code: 8 to 32 small letters and digits.
    public let text: String

    /// Reads the bytes that were typed; nil unless they are 8 to 32 letters and digits with only blanks and hyphens
    /// between them.
    public init?(_ typed: some Collection<UInt8>) {
        guard typed.count <= 256 else { return nil }
        let characters = TypedCharacter.all(in: Array(typed))
        guard characters.count <= 64 else { return nil }
        let kept = characters.compactMap { character -> UInt8? in
            guard case .byte(let byte) = character else { return nil }
            return if (0x41...0x5A).contains(byte) { byte | 0x20 } else { byte }
        }
        guard (8...32).contains(kept.count),
            kept.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        else {
            return nil
        }
        let normalized = kept.map { byte -> UInt8 in
            switch byte {
            case 0x6F: 0x30
            case 0x69, 0x6C: 0x31
            default: byte
            }
        }
        text = String(decoding: normalized, as: UTF8.self)
    }

    /// Whether the code has the form of those made here, 12 characters of Crockford's Base32; others are imported.
    public var isOurs: Bool { text.utf8.count == 12 && !text.utf8.contains(0x75) }

    /// The name of the type, without the code.
    public var description: String { "RecoveryCode" }
    /// Empty, so that a dump does not show the code.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

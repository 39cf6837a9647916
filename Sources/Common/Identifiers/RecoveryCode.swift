/// What a person typed as a recovery code: 8 to 32 letters and digits, without the blanks and hyphens between them.
///
/// Capital letters are small ones; the letter o is the digit 0, and i and l are 1, as people read them.
public struct RecoveryCode: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    public let text: String

    public init?(_ typed: some Collection<UInt8>) {
        guard typed.count <= 256 else { return nil }
        let characters = TypedCharacter.all(in: Array(typed))
        guard characters.count <= 64 else { return nil }
        let kept = characters.compactMap {
            if case .byte(let byte) = $0 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte } else { nil }
        }
        guard (8...32).contains(kept.count),
            kept.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        else {
            return nil
        }
        text = String(decoding: kept.map { $0 == 0x6F ? 0x30 : $0 == 0x69 || $0 == 0x6C ? 0x31 : $0 }, as: UTF8.self)
    }

    /// Whether it is one of ours: 12 characters of Crockford's Base32. Others are imported.
    public var isOurs: Bool { text.utf8.count == 12 && !text.utf8.contains(0x75) }

    /// Without the code.
    public var description: String { "RecoveryCode" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

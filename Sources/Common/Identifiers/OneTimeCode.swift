/// What a person typed as a code: 6 to 10 ASCII digits, kept as text since `012345` is not 12345.
///
/// Blanks and hyphens between the digits are dropped, as apps and messages show codes in groups.
public struct OneTimeCode: Equatable, Sendable {
    public let digits: String

    public init?(_ typed: some Collection<UInt8>) {
        guard let digits = Self.digits(of: typed, count: 6...10) else { return nil }
        self.digits = digits
    }

    /// The digits of a code that has another length, read in the same way.
    /// - Parameter count: how many there may be.
    /// - Returns: nil where there are more or fewer, or anything but digits, blanks and hyphens between them.
    public static func digits(of typed: some Collection<UInt8>, count: ClosedRange<Int>) -> String? {
        guard typed.count <= 128 else { return nil }
        let characters = TypedCharacter.all(in: Array(typed))
        let first = characters.first { $0 != .blank }
        let last = characters.last { $0 != .blank }
        let digits = characters.compactMap { if case .byte(let byte) = $0 { byte } else { nil } }
        guard characters.count <= 32, first != .hyphen, last != .hyphen, count.contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }
}

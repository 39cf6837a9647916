/// What a person typed as a code: 6 to 10 ASCII digits, kept as text since `012345` is not 12345.
///
/// Blanks and hyphens between the digits are dropped, as apps and messages show codes in groups.
public struct OneTimeCode: Equatable, Sendable {
    /// 6 to 10 ASCII digits.
    public let digits: String

    /// Reads the bytes that were typed; nil unless they are 6 to 10 digits with only blanks and hyphens between them.
    public init?(_ typed: some Collection<UInt8>) {
        guard let digits = Self.digits(of: typed, count: 6...10) else { return nil }
        self.digits = digits
    }

    /// The digits of a code of another length, read in the same way.
    ///
    /// - Parameters:
    ///   - typed: the bytes that were typed.
    ///   - count: how many digits the code may have.
    /// - Returns: nil if there are more or fewer digits, or anything but digits, blanks and hyphens between them.
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

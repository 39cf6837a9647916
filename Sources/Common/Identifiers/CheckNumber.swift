/// The two-digit number that the login shows and the phone asks for.
public struct CheckNumber: Equatable, Sendable, CustomStringConvertible {
    /// The range of the number, and of the others among which the phone shows it.
    public static let range = 10...99

    /// The number, 10 to 99.
    public let value: Int

    /// Nil unless the number is in `range`.
    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }

    /// The number in decimal.
    public var description: String { String(value) }
}

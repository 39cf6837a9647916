/// The number that the login shows and the phone asks for: two digits.
public struct CheckNumber: Equatable, Sendable, CustomStringConvertible {
    /// From here are drawn both the number and those beside which the phone shows it.
    public static let range = 10...99

    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }

    public var description: String { String(value) }
}

/// A user's number at the 2FA server: a positive decimal integer (Authy API v1, `user.id`).
public struct AuthyID: Hashable, Sendable, CustomStringConvertible {
    /// The number, greater than 0.
    public let value: Int64

    /// Nil unless the number is greater than 0.
    public init?(_ value: Int64) {
        guard value > 0 else { return nil }
        self.value = value
    }

    /// Reads 1 to 18 ASCII digits without sign, blank or leading zero, which can stand in a URL as they are; nil for
    /// anything else.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...18).contains(bytes.count), bytes.first != 0x30, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(text)
        else { return nil }
        self.init(value)
    }

    /// The number in decimal.
    public var description: String { String(value) }
}

/// A user's number at the 2FA server: a positive decimal integer (Authy API v1, `user.id`).
public struct AuthyID: Hashable, Sendable, CustomStringConvertible {
    public let value: Int64

    public init?(_ value: Int64) {
        guard value > 0 else { return nil }
        self.value = value
    }

    /// Takes ASCII digits only, without sign, blank or leading zero, so that it may stand in a URL as it is.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...18).contains(bytes.count), bytes.first != 0x30, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(text)
        else { return nil }
        self.init(value)
    }

    public var description: String { String(value) }
}

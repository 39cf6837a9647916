/// The name of an approval request: a UUID (RFC 9562, section 4) in lower case, which can stand in a URL as it is.
public struct ApprovalRequestID: Hashable, Sendable, CustomStringConvertible {
    /// The UUID: 36 characters in lower case.
    public let description: String

    /// Reads a UUID in its canonical form; nil for anything else.
    ///
    /// Capitals are accepted.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (index, byte) in bytes.enumerated() {
            switch (index, byte) {
            case (8, 0x2D), (13, 0x2D), (18, 0x2D), (23, 0x2D): continue
            case (8, _), (13, _), (18, _), (23, _): return nil
            case (_, 0x30...0x39), (_, 0x41...0x46), (_, 0x61...0x66): continue
            default: return nil
            }
        }
        description = text.lowercased()
    }
}

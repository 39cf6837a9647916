/// Percent-encoding of UTF-8 (RFC 3986, section 2.1).
public enum PercentEncoding {
    /// What a plus stands for when a text is decoded.
    public enum Plus: UInt8, Sendable {
        /// A blank, as in forms and queries (`application/x-www-form-urlencoded`).
        case blank = 0x20
        /// A plus, as in paths.
        case plus = 0x2B
    }

    /// Encodes all but the unreserved characters: letters, digits, `-`, `.`, `_` and `~`.
    public static func encode(_ text: some StringProtocol) -> String { encode(text, blank: "%20") }

    /// Encodes as `encode` does, but a blank as `+`, like `CGI.escape` of Ruby.
    public static func encodeForm(_ text: some StringProtocol) -> String { encode(text, blank: "+") }

    /// Encodes names and values, as `encode` does, into `name=value` pairs joined by `&`.
    public static func encode(pairs: [(name: String, value: String)]) -> String {
        pairs.map { encode($0.name) + "=" + encode($0.value) }.joined(separator: "&")
    }

    /// Decodes `%XX` and `+`; nil if an escape is broken, or if the result is not UTF-8.
    ///
    /// - Parameters:
    ///   - text: the bytes of the encoded text.
    ///   - plus: what a plus stands for.
    /// - Returns: the decoded text.
    public static func decode(utf8 text: some Collection<UInt8>, plus: Plus) -> String? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x2B: plain.append(plus.rawValue)
            case 0x25:
                guard let high = rest.popFirst().flatMap(Hexadecimal.value),
                    let low = rest.popFirst().flatMap(Hexadecimal.value)
                else { return nil }
                plain.append(high << 4 | low)
            default: plain.append(byte)
            }
        }
        return String(validating: plain, as: UTF8.self)
    }

    /// Whether a byte is an unreserved character (RFC 3986, section 2.3).
    public static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    private static func encode(_ text: some StringProtocol, blank: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case 0x20: encoded += blank
            case _ where isUnreserved(byte): encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += "%" + Hexadecimal.encode([byte], isUppercase: true)
            }
        }
    }
}

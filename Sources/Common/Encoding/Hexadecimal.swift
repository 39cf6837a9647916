/// Hexadecimal digits (Base16: RFC 4648, section 8).
public enum Hexadecimal {
    /// The bytes with two digits each.
    ///
    /// - Parameters:
    ///   - bytes: the bytes.
    ///   - isUppercase: whether the digits above 9 are capital letters.
    /// - Returns: the digits.
    public static func encode(_ bytes: some Sequence<UInt8>, isUppercase: Bool = false) -> String {
        let letters: UInt8 = if isUppercase { 0x41 } else { 0x61 }
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            for half in [byte >> 4, byte & 0x0F] {
                let digit = if half < 10 { 0x30 + half } else { letters + half - 10 }
                digits.append(digit)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The value of a digit of either case; nil for any other byte.
    public static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}

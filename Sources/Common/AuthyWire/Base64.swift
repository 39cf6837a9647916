/// Base64 with padding (RFC 4648, section 4).
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)

    /// The bytes in Base64, with padding and without line ends.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(letter(of: bits >> UInt32(count)))
            }
        }
        if count > 0 { text.append(letter(of: bits << UInt32(6 - count))) }
        while !text.count.isMultiple(of: 4) { text.append("=") }
        return String(text)
    }

    /// The letter for the six lowest bits.
    private static func letter(of bits: UInt32) -> Unicode.Scalar { alphabet[Int(bits & 0x3F)] }
}

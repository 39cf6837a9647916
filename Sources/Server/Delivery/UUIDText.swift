internal import Encoding

/// Random UUIDs of version 4 (RFC 9562, section 5.4), in lower case.
enum UUIDText {
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return text(high: generator.next(), low: generator.next())
    }

    static func text(high: UInt64, low: UInt64) -> String {
        let digits = Array(Hexadecimal.encode(bytes(high & ~0xF000 | 0x4000) + bytes(low & ~(3 << 62) | 2 << 62)))
        let parts = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return parts.map { String($0) }.joined(separator: "-")
    }

    private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}

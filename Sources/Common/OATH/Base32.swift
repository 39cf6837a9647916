extension Secret {
    /// Reads Base32 (RFC 4648, section 6) as people and apps write it.
    ///
    /// Small letters count as capitals; blanks and hyphens, which group the letters, are dropped. Any other character
    /// is refused, a line end too. Padding may be missing; if present, it must stand at the end and fill the last group
    /// of eight. Bits behind the last whole byte are dropped, whatever their value and number: apps do so, and services
    /// hand out random letters of any length as secrets, which a stricter reading would refuse although the phone has
    /// accepted them.
    ///
    /// Nil for any other character, and unless 10 to 128 bytes come out. The caller wipes the text.
    public init?(base32 text: String) {
        var decoder = Base32Decoder()
        defer { decoder.bytes.withUnsafeMutableBytes(wipe) }
        guard text.utf8.allSatisfy({ decoder.append($0) }), decoder.isComplete else { return nil }
        self.init(bytes: decoder.bytes)
    }

    /// The secret in Base32, in capitals, without padding or groups, as authenticator apps take it; as confidential as
    /// the secret.
    public var base32: String {
        withUnsafeBytes { bytes in
            var text: [UInt8] = []
            var bits: UInt16 = 0
            var count = 0
            for byte in bytes {
                bits = bits << 8 | UInt16(byte)
                count += 8
                while count >= 5 {
                    count -= 5
                    text.append(Self.letter(of: bits >> UInt16(count)))
                }
            }
            if count > 0 { text.append(Self.letter(of: bits << UInt16(5 - count))) }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// The letter for the five lowest bits.
    private static func letter(of bits: UInt16) -> UInt8 {
        let value = UInt8(bits & 0x1F)
        return if value < 26 { 0x41 + value } else { 0x32 + value - 26 }
    }
}

private struct Base32Decoder {
    /// The decoded bytes, with room for one more than a secret may have, so that they never move and leave a copy
    /// behind.
    var bytes: [UInt8] = []
    private var letters = 0
    private var padding = 0
    private var bits: UInt16 = 0

    init() { bytes.reserveCapacity(Secret.sizes.upperBound + 1) }

    /// Appends the next character; false if it is refused, or if there are too many.
    mutating func append(_ character: UInt8) -> Bool {
        switch character {
        case 0x20, 0x2D: true
        case 0x3D: appendPadding()
        case 0x41...0x5A: append(value: character - 0x41)
        case 0x61...0x7A: append(value: character - 0x61)
        case 0x32...0x37: append(value: character - 0x32 + 26)
        default: false
        }
    }

    /// Whether the padding, if there is any, fills the last group of eight.
    var isComplete: Bool {
        padding == 0 || ([1, 3, 4, 6].contains(padding) && (letters + padding).isMultiple(of: 8))
    }

    private mutating func appendPadding() -> Bool {
        padding += 1
        return padding <= 6
    }

    private mutating func append(value: UInt8) -> Bool {
        guard padding == 0, bytes.count <= Secret.sizes.upperBound else { return false }
        bits = bits << 5 | UInt16(value)
        letters += 1
        let left = letters * 5 % 8
        if left < 5 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt16(left))) }
        return true
    }
}

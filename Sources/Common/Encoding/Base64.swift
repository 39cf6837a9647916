/// Base64 with the standard alphabet (RFC 4648, section 4).
public enum Base64 {
    private static let alphabet = Base64Alphabet(marks: (0x2B, 0x2F))

    /// Encodes bytes without line ends; no bytes give an empty text.
    ///
    /// - Parameters:
    ///   - bytes: the bytes.
    ///   - isPadded: whether `=` fills the text up to a multiple of four characters.
    /// - Returns: the text.
    public static func encode(_ bytes: some Collection<UInt8>, isPadded: Bool = true) -> String {
        let text = alphabet.encode(bytes)
        guard isPadded else { return text }
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// Decodes the ASCII bytes of padded Base64; nil for anything that `encode` does not write.
    public static func decode(utf8 text: some Collection<UInt8>) -> [UInt8]? {
        let letters = text.prefix { $0 != 0x3D }
        guard text.count.isMultiple(of: 4), text.count - letters.count <= 2,
            text.dropFirst(letters.count).allSatisfy({ $0 == 0x3D })
        else { return nil }
        return alphabet.decode(letters)
    }
}

/// Base64 with the alphabet that is safe in URLs, without padding (RFC 4648, section 5; RFC 7515, section 2).
public enum Base64URL {
    private static let alphabet = Base64Alphabet(marks: (0x2D, 0x5F))

    /// Encodes bytes as Base64url text without padding; no bytes give an empty text.
    public static func encode(_ bytes: some Collection<UInt8>) -> String { alphabet.encode(bytes) }

    /// Decodes Base64url text; nil for anything that `encode` does not write.
    ///
    /// Padding, a character outside of the alphabet, and leftover bits that are not zero give nil.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? { alphabet.decode(text.utf8) }

    /// Decodes the ASCII bytes of a Base64url text, as `decode(_:)` does.
    public static func decode(utf8 text: some Collection<UInt8>) -> [UInt8]? { alphabet.decode(text) }
}

/// The letters and digits of Base64, and the two marks that differ between its alphabets.
private struct Base64Alphabet {
    private let letters: [UInt8]
    private let marks: (UInt8, UInt8)

    /// - Parameter marks: the ASCII characters for 62 and 63.
    init(marks: (UInt8, UInt8)) {
        self.marks = marks
        letters = Array(0x41...0x5A) + Array(0x61...0x7A) + Array(0x30...0x39) + [marks.0, marks.1]
    }

    /// Encodes without padding.
    func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(letter(of: bits >> count))
            }
        }
        if count > 0 { text.append(letter(of: bits << (6 - count))) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes a text without padding; nil for anything that `encode` does not write.
    func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        // Reserve room for all bytes, so that the array never moves and leaves a copy behind.
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for letter in text {
            guard let value = value(of: letter) else { return nil }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        // Six leftover bits are a letter that encodes no byte; two or four leftover bits must be zero.
        guard count < 6, bits & (1 << count - 1) == 0 else { return nil }
        return bytes
    }

    /// The letter for the six lowest bits.
    private func letter(of bits: UInt32) -> UInt8 { letters[Int(bits & 0x3F)] }

    private func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case 0x41...0x5A: UInt32(letter - 0x41)
        case 0x61...0x7A: UInt32(letter - 0x61 + 26)
        case 0x30...0x39: UInt32(letter - 0x30 + 52)
        case marks.0: 62
        case marks.1: 63
        default: nil
        }
    }
}

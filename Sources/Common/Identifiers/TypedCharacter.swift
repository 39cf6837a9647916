/// A character of a code as it was typed.
///
/// The bytes can be UTF-8, ISO 8859 or Windows-1252, as the encoding is not known.
enum TypedCharacter: Equatable {
    /// A blank of any width, also one that does not break, and characters of no width.
    case blank
    /// A hyphen or a dash.
    case hyphen
    /// Anything else, byte by byte.
    case byte(UInt8)

    static func all(in bytes: [UInt8]) -> [TypedCharacter] {
        var rest = bytes[...]
        var characters: [TypedCharacter] = []
        while let byte = rest.first {
            let count = (1...3).first { separator(rest.prefix($0)) != nil }
            characters.append(count.flatMap { separator(rest.prefix($0)) } ?? .byte(byte))
            rest = rest.dropFirst(count ?? 1)
        }
        return characters
    }

    /// Nil for bytes that are not a separator.
    private static func separator(_ bytes: ArraySlice<UInt8>) -> TypedCharacter? {
        if bytes.count == 1 { return bytes.first.flatMap(ofOneByte) }
        guard let scalar = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first?.value else { return nil }
        return switch scalar {
        // Blanks; marks of direction; joiners; the byte order mark.
        case 0xA0, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x2064, 0x2066...0x2069, 0x3000, 0xFEFF: .blank
        // Hyphens, dashes and the minus, also the soft one.
        case 0xAD, 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D: .hyphen
        default: nil
        }
    }

    private static func ofOneByte(_ byte: UInt8) -> TypedCharacter? {
        switch byte {
        case 0x09, 0x20, 0xA0: .blank
        case 0x2D, 0x96, 0x97, 0xAD: .hyphen
        default: nil
        }
    }
}

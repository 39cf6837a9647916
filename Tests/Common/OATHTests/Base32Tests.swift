import OATH
import Testing

/// The vectors of RFC 4648, section 10.
///
/// A secret has at least ten bytes, so each vector follows ten zero bytes, which are two whole groups.
private let vectors = [
    ("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="), ("fooba", "MZXW6YTB"),
    ("foobar", "MZXW6YTBOI======"),
]
private let zeros = String(repeating: "A", count: 16)

struct Base32Tests {
    private func bytes(_ base32: String) -> [UInt8]? { Secret(base32: base32)?.withUnsafeBytes { Array($0) } }

    @Test("The vectors of RFC 4648 are read, with padding and without", arguments: vectors)
    func read(plain: String, base32: String) {
        let expected = [UInt8](repeating: 0, count: 10) + plain.utf8
        #expect(bytes(zeros + base32) == expected)
        #expect(bytes(zeros + base32.filter { $0 != "=" }) == expected)
    }

    @Test("The vectors of RFC 4648 are written, in capitals and without padding", arguments: vectors)
    func write(plain: String, base32: String) throws {
        let secret = try #require(Secret(bytes: [UInt8](repeating: 0, count: 10) + plain.utf8))
        #expect(secret.base32 == zeros + base32.filter { $0 != "=" })
    }

    @Test("A secret of any size comes back as it was written", arguments: 10...128)
    func roundTrip(count: Int) throws {
        let secret = try #require(Secret(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }))
        #expect(Secret(base32: secret.base32) == secret)
        #expect(Secret(base32: secret.base32.lowercased()) == secret)
    }

    @Test(
        "Small letters, and blanks and hyphens anywhere, are taken",
        arguments: [
            "jbswy3dpehpk3pxp", "JBSW Y3DP EHPK 3PXP", "jbsw-y3dp-ehpk-3pxp", " JBSWY3DPEHPK3PXP ",
            "J B-S  WY3DPEHPK3PX--P",
            "jBsWy3DpEhPk3pXp",
        ])
    func groups(text: String) {
        #expect(bytes(text) == Array("Hello!".utf8) + [0xDE, 0xAD, 0xBE, 0xEF])
    }

    @Test(
        "Any other character is refused",
        arguments: [
            "0", "1", "8", "9", "@", "[", "`", "{", "\n", "\t", "\0", "_", "+", "/", ".", "Ä", "Ａ", "\u{212A}",
            "\u{A0}", "٢",
        ])
    func otherCharacters(character: String) {
        #expect(Secret(base32: "JBSWY3DPEHPK3PX" + character) == nil)
        #expect(Secret(base32: character + "JBSWY3DPEHPK3PXP") == nil)
        #expect(Secret(base32: "JBSWY3DPEHPK3PXP" + character) == nil)
    }

    @Test(
        "Padding in the middle, or that does not fill the last group, is refused",
        arguments: [
            "MY======" + zeros, zeros + "=MY=====", zeros + "MY=====", zeros + "MY=======", zeros + "MY=",
            zeros + "========", zeros + "=",
            zeros + "M=======", zeros + "MZXQ====MY======", zeros + "MZXW6Y==", zeros + "MZX=====", zeros + "MY======A",
            zeros + "MY======AAAAAAAA",
        ])
    func padding(text: String) {
        #expect(Secret(base32: text) == nil)
    }

    @Test(
        "Bits behind the last whole byte are dropped, as apps do",
        arguments: [("MZ", "MY"), ("MZXR", "MZXQ"), ("MZXW7", "MZXW6"), ("MZXW6YR", "MZXW6YQ")])
    func trailingBits(text: String, canonical: String) {
        #expect(Secret(base32: zeros + text) == Secret(base32: zeros + canonical))
        #expect(Secret(base32: zeros + text)?.base32 == zeros + canonical)
    }

    @Test(
        "A letter that adds no byte is dropped, as apps do",
        arguments: [("A", ""), ("7", ""), ("MZ7", "MY"), ("MZXW67", "MZXW6")])
    func oddLengths(text: String, canonical: String) {
        #expect(Secret(base32: zeros + text)?.base32 == zeros + canonical)
    }

    @Test("Text for fewer than 10 or more than 128 bytes is refused")
    func sizes() {
        #expect(Secret(base32: "") == nil)
        #expect(Secret(base32: String(repeating: "A", count: 15)) == nil)
        #expect(Secret(base32: String(repeating: "A", count: 16)) != nil)
        #expect(Secret(base32: String(repeating: "A", count: 205)) != nil)
        #expect(Secret(base32: String(repeating: "A", count: 207)) == nil)
        #expect(Secret(base32: String(repeating: "A", count: 100_000)) == nil)
    }
}

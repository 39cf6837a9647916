import Encoding
import Foundation
import Testing

struct Base64URLTests {
    /// The vectors of RFC 4648, section 10, without padding; the last two contain the characters in which the alphabets
    /// differ.
    static let vectors: [([UInt8], String)] = [
        ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
        (Array("foob".utf8), "Zm9vYg"),
        (Array("fooba".utf8), "Zm9vYmE"), (Array("foobar".utf8), "Zm9vYmFy"), ([0xFB, 0xEF, 0xBE], "----"),
        ([0xFF, 0xFF, 0xFF], "____"),
    ]

    @Test(arguments: vectors)
    func `bytes and text are made of each other`(bytes: [UInt8], text: String) {
        #expect(Base64URL.encode(bytes) == text)
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test(arguments: [
        "Zg==", "Zm8=", "Zm9v\n", " Zm9v", "Zm9v ", "Zm+v", "Zm/v", "Zm9v=", "Zm9é", "Zm\u{0}v", "=", "Zm.v",
    ])
    func `padding and other characters are refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: ["Z", "Zm9vY", "A"])
    func `a letter too many is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: ["Zh", "Zv", "Zm9", "Zm-", "Zm_", "Zm9vYh"])
    func `bits left over that are set are refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `every value of one byte and of two has one text`() {
        for first in UInt8.min...UInt8.max {
            #expect(Base64URL.decode(Base64URL.encode([first])) == [first])
            for second: UInt8 in [0, 1, 15, 16, 63, 64, 128, 255] {
                #expect(Base64URL.decode(Base64URL.encode([first, second])) == [first, second])
            }
        }
        let texts = Base64URLTests.letters.flatMap { first in Base64URLTests.letters.map { "\(first)\($0)" } }
        #expect(texts.count { Base64URL.decode($0) != nil } == 256)
    }

    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
}

struct Base64Tests {
    @Test(
        "Base64 is that of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.encode(Array(plain.utf8), isPadded: false) == String(encoded.prefix { $0 != "=" }))
    }

    @Test("Base64 of any bytes is what Foundation makes of them", arguments: 0..<70)
    func base64(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count &* 7 &+ 0xF8) }
        #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
        #expect(Base64.decode(utf8: Base64.encode(bytes).utf8) == bytes)
    }

    @Test(
        "What is not padded to the letter, or not canonical, is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm-v", "Zm_v", "Zm9v\n", " Zm9", "Zg==Zg==",
        ])
    func refused(text: String) { #expect(Base64.decode(utf8: text.utf8) == nil) }
}

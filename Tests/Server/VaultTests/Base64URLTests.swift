import Testing
import Vault

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

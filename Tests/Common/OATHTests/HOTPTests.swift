import OATH
import Testing

/// RFC 4226, appendix D: the code for each counter from 0, and the number before the cut to six digits.
private let appendixD: [(counter: UInt64, code: String, number: String)] = [
    (0, "755224", "1284755224"), (1, "287082", "1094287082"), (2, "359152", "0137359152"), (3, "969429", "1726969429"),
    (4, "338314", "1640338314"), (5, "254676", "0868254676"), (6, "287922", "1918287922"), (7, "162583", "0082162583"),
    (8, "399871", "0673399871"), (9, "520489", "0645520489"),
]

struct HOTPTests {
    @Test("The codes are those of RFC 4226, appendix D", arguments: appendixD)
    func codes(vector: (counter: UInt64, code: String, number: String)) throws {
        let secret = try Seed.secret(.sha1)
        #expect(HOTP.code(secret, counter: vector.counter, digits: 6, algorithm: .sha1) == vector.code)
    }

    @Test("A longer code shows more digits of the same number", arguments: appendixD)
    func longer(vector: (counter: UInt64, code: String, number: String)) throws {
        let secret = try Seed.secret(.sha1)
        #expect(
            HOTP.code(secret, counter: vector.counter, digits: 7, algorithm: .sha1) == String(vector.number.suffix(7)))
        #expect(
            HOTP.code(secret, counter: vector.counter, digits: 8, algorithm: .sha1) == String(vector.number.suffix(8)))
    }

    @Test("There is no code of any other length", arguments: [Int.min, -1, 0, 5, 9, 10, Int.max])
    func otherLength(digits: Int) throws {
        #expect(HOTP.code(try Seed.secret(.sha1), counter: 0, digits: digits, algorithm: .sha1) == nil)
    }

    /// Made with Python's hmac and hashlib.
    @Test(
        "The counter counts to its last bit",
        arguments: [
            (UInt64.max, "094451"), (UInt64.max - 1, "488204"), (0x0102_0304_0506_0708, "292799"), (1 << 32, "999456"),
        ])
    func allBits(counter: UInt64, code: String) throws {
        #expect(HOTP.code(try Seed.secret(.sha1), counter: counter, digits: 6, algorithm: .sha1) == code)
    }
}

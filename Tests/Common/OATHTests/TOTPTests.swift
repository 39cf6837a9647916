import Identifiers
import OATH
import Testing

/// RFC 6238, appendix B: Unix time, time step, and the 8-digit codes for the three hashes.
private let appendixB: [(time: Int64, step: Int64, sha1: String, sha256: String, sha512: String)] = [
    (59, 0x1, "94287082", "46119246", "90693936"),
    (1_111_111_109, 0x23523EC, "07081804", "68084774", "25091201"),
    (1_111_111_111, 0x23523ED, "14050471", "67062674", "99943326"),
    (1_234_567_890, 0x273EF07, "89005924", "91819424", "93441116"),
    (2_000_000_000, 0x3F940AA, "69279037", "90698825", "38618901"),
    (20_000_000_000, 0x27BC_86AA, "65353130", "77737706", "47863826"),
]

struct TOTPTests {
    @Test("The codes and time steps are those of RFC 6238, appendix B", arguments: appendixB)
    func codes(vector: (time: Int64, step: Int64, sha1: String, sha256: String, sha512: String)) throws {
        for (algorithm, code) in [(Algorithm.sha1, vector.sha1), (.sha256, vector.sha256), (.sha512, vector.sha512)] {
            let token = try #require(TOTP(algorithm: algorithm, digits: 8, period: 30))
            let step = try #require(token.timeStep(at: vector.time))
            #expect(step == vector.step)
            #expect(token.code(try Seed.secret(algorithm), timeStep: step) == code)
        }
    }

    @Test("A time step lasts one period, counted from the epoch", arguments: [15, 30, 60])
    func timeStep(period: Int) throws {
        let token = try #require(TOTP(algorithm: .sha1, digits: 6, period: period))
        let seconds = Int64(period)
        #expect(token.timeStep(at: 0) == 0)
        #expect(token.timeStep(at: seconds - 1) == 0)
        #expect(token.timeStep(at: seconds) == 1)
        #expect(token.timeStep(at: 7 * seconds + 1) == 7)
        #expect(token.timeStep(at: .max) == Int64.max / seconds)
    }

    @Test("Before the epoch there is no time step", arguments: [-1, -30, Int64.min])
    func beforeTheEpoch(time: Int64) {
        #expect(TOTP().timeStep(at: time) == nil)
    }

    @Test("Digits from 6 to 8 and periods from 15 to 60 seconds are taken", arguments: [6, 7, 8], [15, 30, 60])
    func takenParameters(digits: Int, period: Int) throws {
        let token = try #require(TOTP(algorithm: .sha512, digits: digits, period: period))
        #expect((token.algorithm, token.digits, token.period) == (.sha512, digits, period))
        #expect(token.code(try Seed.secret(.sha512), timeStep: 5).count == digits)
    }

    @Test(
        "Other digits and periods are refused",
        arguments: [
            (5, 30), (9, 30), (0, 30), (-6, 30), (.max, 30), (6, 14), (6, 61), (6, 0), (6, -30), (6, .max), (6, .min),
        ])
    func refusedParameters(digits: Int, period: Int) {
        #expect(TOTP(algorithm: .sha1, digits: digits, period: period) == nil)
    }

    @Test("Without parameters it is the token that every app reads")
    func defaults() {
        #expect(TOTP() == TOTP(algorithm: .sha1, digits: 6, period: 30))
    }
}

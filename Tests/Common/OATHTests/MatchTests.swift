import Identifiers
import OATH
import Testing

/// A moment in the middle of time step 37,037,037 (30 seconds each).
private let moment: Int64 = 1_111_111_125
private let now: Int64 = 37_037_037

/// Two pairs of time steps with the same code under the seed of RFC 6238, found by search: adjacent, and two apart.
private let twins: [(earlier: Int64, later: Int64, code: String)] = [
    (910_737, 910_738, "911617"), (153_567, 153_569, "468457"),
]

struct MatchTests {
    let secret: Secret
    let token = TOTP()

    init() throws { secret = try Seed.secret(.sha1) }

    private func code(_ step: Int64) throws -> OneTimeCode { try typed(token.code(secret, timeStep: step)) }

    @Test("A code of this time step or one beside it is accepted with its own step", arguments: [-1, 0, 1] as [Int64])
    func within(drift: Int64) throws {
        let match = token.match(try code(now + drift), secret: secret, at: moment, lastSpent: nil)
        #expect(match == .accepted(timeStep: now + drift))
    }

    @Test("A code from further away is wrong", arguments: [-100, -2, 2, 100] as [Int64])
    func outside(drift: Int64) throws {
        #expect(token.match(try code(now + drift), secret: secret, at: moment, lastSpent: nil) == .wrong)
    }

    @Test("More drift takes more steps, and none takes one", arguments: [0, 1, 2, 10])
    func drift(steps: Int) throws {
        for distance in 0...11 as ClosedRange<Int64> {
            let isNear = distance <= steps
            for step in [now - distance, now + distance] {
                let match = token.match(try code(step), secret: secret, at: moment, driftSteps: steps, lastSpent: nil)
                #expect(match == (isNear ? .accepted(timeStep: step) : .wrong), "step \(step - now)")
            }
        }
    }

    @Test(
        "Drift beyond its limits is taken as the limit",
        arguments: [(Int.min, 0), (-1, 0), (11, 10), (Int.max, 10)] as [(Int, Int64)])
    func driftLimits(asked: Int, taken: Int64) throws {
        let last = try code(now + taken)
        let beyond = try code(now + taken + 1)
        #expect(
            token.match(last, secret: secret, at: moment, driftSteps: asked, lastSpent: nil)
                == .accepted(timeStep: now + taken))
        #expect(token.match(beyond, secret: secret, at: moment, driftSteps: asked, lastSpent: nil) == .wrong)
    }

    @Test("A code of the last step spent, or one before it, is spent", arguments: [0, 1, 2, Int64.max - now])
    func spent(later: Int64) throws {
        #expect(token.match(try code(now), secret: secret, at: moment, lastSpent: now + later) == .spent)
    }

    @Test(
        "A code of a later step than the last one spent is accepted", arguments: [Int64.min, -1, 0, now - 2, now - 1])
    func notYetSpent(lastSpent: Int64) throws {
        #expect(
            token.match(try code(now), secret: secret, at: moment, lastSpent: lastSpent) == .accepted(timeStep: now))
    }

    @Test("A wrong code is wrong, not spent, whatever was spent before")
    func wrongStaysWrong() throws {
        #expect(token.match(try code(now + 50), secret: secret, at: moment, lastSpent: now + 100) == .wrong)
    }

    @Test("A code with more or fewer digits than the token has is wrong", arguments: [6, 7, 8])
    func length(digits: Int) throws {
        let token = try #require(TOTP(algorithm: .sha1, digits: digits, period: 30))
        let longest = try #require(HOTP.code(secret, counter: UInt64(now), digits: 8, algorithm: .sha1))
        for length in 6...8 {
            let match = token.match(
                try typed(String(longest.suffix(length))), secret: secret, at: moment, lastSpent: nil)
            #expect(match == (length == digits ? .accepted(timeStep: now) : .wrong), "\(length) digits")
        }
        #expect(token.match(try typed("00" + longest), secret: secret, at: moment, lastSpent: nil) == .wrong)
    }

    @Test("Every digit counts", arguments: 0..<6)
    func everyDigit(index: Int) throws {
        var digits = Array(token.code(secret, timeStep: now).utf8)
        digits[index] = 0x30 + (digits[index] - 0x30 + 1) % 10
        #expect(token.match(try #require(OneTimeCode(digits)), secret: secret, at: moment, lastSpent: nil) == .wrong)
    }

    @Test("A code for another secret, hash or period is wrong")
    func otherToken() throws {
        let other = try #require(Secret(bytes: Seed.bytes(.sha1).reversed()))
        let sha256 = try #require(TOTP(algorithm: .sha256, digits: 6, period: 30))
        let slow = try #require(TOTP(algorithm: .sha1, digits: 6, period: 60))
        #expect(token.match(try code(now), secret: other, at: moment, lastSpent: nil) == .wrong)
        #expect(sha256.match(try code(now), secret: secret, at: moment, lastSpent: nil) == .wrong)
        #expect(slow.match(try code(now), secret: secret, at: moment, lastSpent: nil) == .wrong)
    }

    @Test(
        "Of two steps with the same code the later one is accepted, so that its twin is spent with it", arguments: twins
    )
    func sameCode(earlier: Int64, later: Int64, code: String) throws {
        let code = try typed(code)
        let time = (earlier + 1) * 30
        #expect(token.match(code, secret: secret, at: time, lastSpent: nil) == .accepted(timeStep: later))
        #expect(token.match(code, secret: secret, at: time, lastSpent: earlier) == .accepted(timeStep: later))
        #expect(token.match(code, secret: secret, at: time, lastSpent: later) == .spent)
        #expect(token.match(code, secret: secret, at: later * 30, lastSpent: later) == .spent)
    }

    @Test("At the epoch there is nothing before the first step")
    func atTheEpoch() throws {
        #expect(token.match(try code(0), secret: secret, at: 0, lastSpent: nil) == .accepted(timeStep: 0))
        #expect(token.match(try code(1), secret: secret, at: 0, lastSpent: nil) == .accepted(timeStep: 1))
        #expect(token.match(try code(-1), secret: secret, at: 0, lastSpent: nil) == .wrong)
    }

    @Test("Before the epoch every code is wrong", arguments: [-1, Int64.min])
    func beforeTheEpoch(time: Int64) throws {
        #expect(token.match(try code(0), secret: secret, at: time, lastSpent: nil) == .wrong)
    }

    @Test("The end of time is a moment like any other", arguments: [15, 60])
    func endOfTime(period: Int) throws {
        let token = try #require(TOTP(algorithm: .sha1, digits: 8, period: period))
        let last = Int64.max / Int64(period)
        let code = try typed(token.code(secret, timeStep: last + 10))
        #expect(
            token.match(code, secret: secret, at: .max, driftSteps: 10, lastSpent: nil)
                == .accepted(timeStep: last + 10))
        #expect(token.match(code, secret: secret, at: .max, driftSteps: 10, lastSpent: .max) == .spent)
    }
}

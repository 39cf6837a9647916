import LoginPolicy
import Testing

@testable import Accounts

struct TryTests {
    let place: Place
    let accounts: Accounts
    let rules = LockoutRules()

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    private func charge(_ count: Int, now: Int64 = start) throws -> [TryCharge] {
        try (0..<count).map { _ in try accounts.chargeTry(alice, rules: rules, now: now) }
    }

    @Test func `Five tries are granted, and then none until the lock has run out`() throws {
        #expect(
            try charge(7) == Array(repeating: .granted, count: 5)
                + Array(repeating: .locked(until: start + 300), count: 2))
        #expect(try charge(1, now: start + 299) == [.locked(until: start + 300)])
        #expect(try charge(1, now: start + 300) == [.granted])
    }

    @Test func `After a lock has run out the count starts anew, and the next lock is twice as long`() throws {
        _ = try charge(5)
        #expect(try charge(6, now: start + 300) == Array(repeating: .granted, count: 5) + [.locked(until: start + 900)])
    }

    @Test func `Locks grow up to an hour, and begin with five minutes again after a right code`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        var (now, lengths) = (start, [Int64]())
        for _ in 0..<6 {
            _ = try charge(5, now: now)
            let until = try #require(try accounts.lock(of: alice, rules: rules, now: now))
            lengths.append(until - now)
            now = until
        }
        #expect(lengths == [300, 600, 1200, 2400, 3600, 3600])
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 9)), now: now))
        _ = try charge(5, now: now)
        #expect(try accounts.lock(of: alice, rules: rules, now: now) == now + 300)
    }

    @Test
    func `Of a day's guesses fifty are looked at, however they are spread, and the lock lasts until the day is over`()
        throws
    {
        var (now, granted) = (start, 0)
        while now < start + 86_400 {
            switch try accounts.chargeTry(alice, rules: rules, now: now) {
            case .granted: granted += 1
            case .locked(let until): now = until
            }
        }
        #expect(granted == 50 && now == start + 86_400)
        #expect(try charge(1, now: now) == [.granted])
    }

    @Test func `A right code in between takes nothing from the day's count but itself`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        for round in 0..<16 {
            // Three wrong codes of a guesser, one right code of the user.
            _ = try charge(4)
            #expect(try accounts.commit(.approved(.softToken(token, timeStep: Int64(round))), now: start))
        }
        #expect(try accounts.account(of: alice).failuresOfDay(at: Instant(wall: start)) == 48)
        #expect(try charge(3) == [.granted, .granted, .locked(until: start + 86_400)])
        // The phone still lets the user in, but does not lift the lockout.
        _ = try accounts.link(alice, to: phone)
        #expect(try accounts.commit(.approved(.oneTouch(phone), attempt: "b"), now: start))
        #expect(try charge(1) == [.locked(until: start + 86_400)])
        let unlocked = try accounts.unlock(alice, now: start)
        #expect(unlocked.failuresOfDay == 50)
        #expect(try charge(1) == [.granted])
    }

    @Test func `A code that could not be checked counts for nothing`() throws {
        for _ in 0..<200 {
            #expect(try charge(1) == [.granted])
            try accounts.refundTry(alice, rules: rules)
        }
        let account = try accounts.account(of: alice)
        #expect((account.failures, account.wrongCodes, account.failuresOfDay(at: Instant(wall: start))) == (0, 0, 0))
        #expect(account.locks == 0)
    }

    // MARK: clocks that jump

    /// The monotonic clock has this value, whatever the wall clock does.
    private func steadily(_ seconds: Int64, boot: String = "a") {
        accounts.bootTime = { Instant.BootTime(boot: boot, seconds: seconds) }
    }

    @Test(arguments: [-year, -3_600, 0, 3_600, year])
    func `A lock lasts as long as it was made, whatever the wall clock does meanwhile`(_ jump: Int64) throws {
        steadily(1_000)
        _ = try charge(5)
        for passed in [Int64(1), 150, 299] {
            steadily(1_000 + passed)
            let now = start + jump + passed
            #expect(try charge(1, now: now) == [.locked(until: now + 300 - passed)])
        }
        steadily(1_300)
        #expect(try charge(1, now: start + jump + 300) == [.granted])
    }

    @Test(arguments: [-year, -100_000, 0, 100_000, year])
    func `A jump of the clock neither resets the count of a day nor makes it longer`(_ jump: Int64) throws {
        steadily(0)
        var generous = rules
        generous.failures = 100
        for _ in 0..<49 { _ = try accounts.chargeTry(alice, rules: generous, now: start) }
        steadily(1_000)
        let now = start + jump
        #expect(try accounts.chargeTry(alice, rules: generous, now: now) == .granted)
        #expect(try accounts.chargeTry(alice, rules: generous, now: now) == .locked(until: now + 85_400))
        steadily(86_400)
        #expect(try accounts.chargeTry(alice, rules: generous, now: now) == .granted)
    }

    @Test func `After a restart with the clock set back the count stays, and the lock begins now at the latest`() throws
    {
        steadily(1_000, boot: "a")
        var generous = rules
        generous.failures = 100
        for _ in 0..<50 { _ = try accounts.chargeTry(alice, rules: generous, now: start + year) }
        steadily(5, boot: "b")
        #expect(try accounts.chargeTry(alice, rules: generous, now: start) == .locked(until: start + 86_400))
        steadily(105, boot: "b")
        // Set back once more: it ends when it would have ended.
        #expect(
            try accounts.chargeTry(alice, rules: generous, now: start - 5_000) == .locked(until: start - 5_000 + 86_300)
        )
    }

    // MARK: telling

    @Test func `Who gets in knows of the wrong codes before, and of none twice`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        _ = try charge(3)
        #expect(try accounts.account(of: alice).wrongCodes == 3)
        // An administrator's unlock does not hide it from the user.
        _ = try accounts.unlock(alice, now: start)
        // One wrong and one right code in the login itself, and one of another login meanwhile.
        _ = try charge(3)
        var commit = LoginCommit.approved(.softToken(token, timeStep: 9))
        commit.knownWrongCodes = 3 + 1
        #expect(try accounts.commit(commit, now: start))
        #expect(try accounts.account(of: alice).wrongCodes == 1)
    }

    @Test func `The fifth try may be the right one: its success clears the lock that it set`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        _ = try charge(5)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == start + 300)
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 9)), now: start))
        #expect(try accounts.account(of: alice).failures == 0)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == nil)
    }

    @Test func `An approval on the phone clears no failures and no lock`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try charge(5)
        #expect(try accounts.commit(.approved(.oneTouch(phone)), now: start))
        #expect(try accounts.account(of: alice).failures == 5)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == start + 300)
    }

    @Test func `A code that the server found right clears failures and lock`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try charge(5)
        #expect(try accounts.commit(.approved(.verified(phone)), now: start))
        #expect(try accounts.account(of: alice).failures == 0)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == nil)
    }

    @Test func `A lock that was set while the clock was a year ahead lasts five minutes from now, once`() throws {
        _ = try charge(5, now: start + year)
        #expect(try charge(1) == [.locked(until: start + 300)])
        #expect(try charge(1, now: start + 100) == [.locked(until: start + 300)])
        #expect(try charge(1, now: start + 300) == [.granted])
    }

    @Test func `Looking at a lock that lies too far ahead cuts it for good as well`() throws {
        _ = try charge(5, now: start + year)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == start + 300)
        #expect(try accounts.lock(of: alice, rules: rules, now: start + 200) == start + 300)
        #expect(try accounts.lock(of: alice, rules: rules, now: start + 300) == nil)
    }

    @Test func `A shorter lock in the settings holds for those that are locked already`() throws {
        _ = try charge(5)
        var shorter = rules
        shorter.seconds = 60
        #expect(try accounts.lock(of: alice, rules: shorter, now: start) == start + 60)
    }

    @Test func `Fewer failures in the settings lock with the next try`() throws {
        _ = try charge(4)
        var stricter = rules
        stricter.failures = 2
        #expect(try accounts.chargeTry(alice, rules: stricter, now: start) == .granted)
        #expect(try accounts.chargeTry(alice, rules: stricter, now: start) == .locked(until: start + 300))
    }

    @Test func `One person's failures are not another's`() throws {
        _ = try charge(5)
        #expect(try accounts.chargeTry(bob, rules: rules, now: start) == .granted)
        #expect(try accounts.account(of: bob).failures == 1)
    }

    @Test func `A charge is seen by every other connection at once`() throws {
        let other = try place.open()
        _ = try charge(5)
        #expect(try other.chargeTry(alice, rules: rules, now: start) == .locked(until: start + 300))
    }

    @Test func `The end of time overflows nothing`() throws {
        #expect(try charge(5, now: .max) == Array(repeating: .granted, count: 5))
        #expect(try accounts.chargeTry(bob, rules: rules, now: .min) == .granted)
    }
}

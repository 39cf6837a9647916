import LoginFlow
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
        #expect(try charge(7) == Array(repeating: .granted, count: 5) + Array(repeating: .locked(until: start + 300), count: 2))
        #expect(try charge(1, now: start + 299) == [.locked(until: start + 300)])
        #expect(try charge(1, now: start + 300) == [.granted])
    }

    @Test func `After a lock has run out the count starts anew`() throws {
        _ = try charge(5)
        #expect(try charge(6, now: start + 300) == Array(repeating: .granted, count: 5) + [.locked(until: start + 600)])
    }

    @Test func `The fifth try may be the right one: its success clears the lock that it set`() throws {
        _ = try accounts.setSoftToken(alice, token)
        _ = try charge(5)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == start + 300)
        #expect(try accounts.settle(.approved(.softToken(token, timeStep: 9)), now: start))
        #expect(try accounts.account(of: alice).failures == 0)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == nil)
    }

    @Test func `An approval on the phone clears no failures and no lock`() throws {
        _ = try accounts.link(alice, phone)
        _ = try charge(5)
        #expect(try accounts.settle(.approved(.oneTouch(phone)), now: start))
        #expect(try accounts.account(of: alice).failures == 5)
        #expect(try accounts.lock(of: alice, rules: rules, now: start) == start + 300)
    }

    @Test func `A code that the server found right clears failures and lock`() throws {
        _ = try accounts.link(alice, phone)
        _ = try charge(5)
        #expect(try accounts.settle(.approved(.verified(phone)), now: start))
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

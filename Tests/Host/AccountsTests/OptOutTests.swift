import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct OptOutTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `An opt-out keeps its first time, keeps the factors, and is undone by opting in`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.optOut(alice, now: start)
        _ = try accounts.optOut(alice, now: start + 9)
        #expect(try accounts.account(of: alice).optedOut == start)
        #expect(try accounts.account(of: alice).authyID == phone)
        _ = try accounts.optIn(alice)
        #expect(try accounts.account(of: alice).optedOut == nil)
    }

    @Test func `Who opts out in a login has an account from then on`() throws {
        var commit = LoginCommit(person: bob, attempt: "a", outcome: .excused, reason: "opted_out", service: "sshd")
        commit.optsOut = true
        #expect(try accounts.commit(commit, now: start))
        #expect(try accounts.account(of: bob).optedOut == start)
        #expect(try accounts.list().map(\.0) == [bob])
    }

    @Test(arguments: [true, false]) func `Who was enrolled while the prompt was open is not opted out there`(
        isConfirmed: Bool
    ) throws {
        _ = try accounts.link(bob, to: phone)
        if isConfirmed { #expect(try accounts.confirm(bob, by: .verified(phone))) }
        var commit = LoginCommit(person: bob, attempt: "a", outcome: .excused, reason: "opted_out", service: "sshd")
        commit.optsOut = true
        #expect(try !accounts.commit(commit, now: start))
        #expect(try accounts.account(of: bob).optedOut == nil)
        #expect(try accounts.history(limit: 1).isEmpty)
    }

    @Test(arguments: ["skipped", "grace"]) func `Who was confirmed while the prompt was open does not skip there`(
        reason: String
    ) throws {
        let skipped = LoginCommit(person: bob, attempt: "a", outcome: .excused, reason: reason, service: "sshd")
        _ = try accounts.link(bob, to: phone)
        #expect(try accounts.commit(skipped, now: start))
        #expect(try accounts.confirm(bob, by: .verified(phone)))
        #expect(try !accounts.commit(skipped, now: start))
    }

    @Test func `An outage excuses who has the factors of the beginning, and no lock`() throws {
        _ = try accounts.link(bob, to: phone)
        var outage = LoginCommit(person: bob, attempt: "a", outcome: .excused, reason: "outage", service: "sshd")
        func excuses() throws -> Bool { try accounts.commit(outage, now: start) }
        #expect(try !excuses())
        outage.asked = try accounts.account(of: bob)
        #expect(try excuses())
        for _ in 1...LockoutRules().failures {
            _ = try accounts.chargeTry(bob, rules: LockoutRules(), now: start - 100)
        }
        #expect(try !excuses())
        _ = try accounts.unlock(bob, now: start)
        #expect(try excuses())
        #expect(try accounts.confirm(bob, by: .verified(phone)))
        #expect(try excuses())
        _ = try accounts.setSoftToken(bob, to: token)
        #expect(try !excuses())
        _ = try accounts.unlink(bob)
        #expect(try !excuses())
        _ = try accounts.link(bob, to: AuthyID(8)!)
        #expect(try !excuses())
        _ = try accounts.link(bob, to: phone)
        #expect(try excuses())
    }

    @Test func `A lock that has run out does not count in an outage`() throws {
        _ = try accounts.link(bob, to: phone)
        for _ in 1...LockoutRules().failures {
            _ = try accounts.chargeTry(bob, rules: LockoutRules(), now: start - 300)
        }
        var outage = LoginCommit(person: bob, attempt: "a", outcome: .excused, reason: "outage", service: "sshd")
        outage.asked = try accounts.account(of: bob)
        #expect(try accounts.commit(outage, now: start))
    }

    @Test func `An opt-out that was decided on for another state of the account is none`() throws {
        _ = try accounts.link(bob, to: phone)
        #expect(try accounts.optOut(bob, now: start, onlyIn: AccountState.none) == nil)
        #expect(try accounts.account(of: bob).optedOut == nil)
        #expect(try accounts.optOut(bob, now: start, onlyIn: .linked) != nil)
    }

    @Test func `A factor that is proven in a login undoes an opt-out`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.optOut(alice, now: start)
        #expect(try accounts.commit(.approved(.oneTouch(phone)), now: start))
        #expect(try accounts.account(of: alice).optedOut == nil)
    }

    @Test func `A denied login opts nobody out`() throws {
        var commit = LoginCommit.denied(bob)
        commit.optsOut = true
        #expect(try accounts.commit(commit, now: start))
        #expect(try accounts.account(of: bob) == Account())
    }

    @Test(arguments: [(-1, true), (0, true), (3_599, true), (3_600, false), (-36_000, false)])
    func `A pause holds until its end, and not if the clock was ahead when it was made`(offset: Int64, holds: Bool)
        throws
    {
        _ = try accounts.setPause(alice, to: FactorPause(from: start, until: start + 3_600, reason: "new phone"))
        let pause = try #require(try accounts.account(of: alice).pause)
        #expect(pause.reason == "new phone")
        #expect(pause.holds(at: start + offset, maxHours: 2) == holds)
    }

    @Test(arguments: [0, 228, 299])
    func `A pause that is longer than the settings allow holds at no time, not even near its end`(
        day: Int64
    ) {
        let pause = FactorPause(from: start, until: start + 300 * 86_400, reason: "")
        #expect(pause.holds(at: start + day * 86_400, maxHours: 8_760))
        #expect(!pause.holds(at: start + day * 86_400, maxHours: 72))
    }

    @Test func `Ending a pause leaves nothing of an account that had nothing else`() throws {
        _ = try accounts.setPause(alice, to: FactorPause(from: start, until: start, reason: "x"))
        _ = try accounts.setPause(alice, to: nil)
        #expect(try accounts.list().isEmpty)
    }

    @Test func `A preference is kept, taken back, and never a recovery code`() throws {
        _ = try accounts.setPreference(alice, to: .sms)
        #expect(try accounts.account(of: alice).prefers == .sms)
        _ = try accounts.setPreference(alice, to: nil)
        #expect(try accounts.account(of: alice).prefers == nil)
        #expect(throws: AccountsError.self) { try accounts.setPreference(alice, to: .recovery) }
    }

    @Test func `What the server says is kept for the AuthyID that was asked about, and forgotten with it`() throws {
        let view = ServerView(phone: "XXX-XXX-1118", hasApp: true, time: start)
        #expect(try !accounts.storeServerView(of: alice, authyID: phone, view))
        _ = try accounts.link(alice, to: phone)
        #expect(try accounts.storeServerView(of: alice, authyID: phone, view))
        #expect(try accounts.account(of: alice).seen == view)
        #expect(try !accounts.storeServerView(of: alice, authyID: try #require(AuthyID(8)), view))
        _ = try accounts.link(alice, to: phone)
        #expect(try accounts.account(of: alice).seen == view)
        _ = try accounts.link(alice, to: try #require(AuthyID(8)))
        #expect(try accounts.account(of: alice).seen == nil)
    }
}

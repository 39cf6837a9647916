import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct LoginEnrolmentTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `A phone that was enrolled in a login links and confirms an account that never had one`() throws {
        #expect(try accounts.commit(.approved(.enrolled(phone), of: bob), now: start))
        let account = try accounts.account(of: bob)
        #expect(account.state == .confirmed && account.authyID == phone && account.hadAuthyID)
    }

    @Test(arguments: ["linked", "unlinked", "softtoken"])
    func `It does not for an account that has a factor, or ever had an AuthyID`(before: String) throws {
        if before == "softtoken" {
            _ = try accounts.setSoftToken(bob, to: token)
        } else {
            _ = try accounts.link(bob, to: try #require(AuthyID(8)))
        }
        if before == "unlinked" { _ = try accounts.unlink(bob) }
        let account = try accounts.account(of: bob)
        #expect(try !accounts.commit(.approved(.enrolled(phone), of: bob), now: start))
        #expect(try accounts.account(of: bob) == account)
        #expect(try accounts.history(limit: 9).isEmpty)
    }

    @Test func `Who was linked or confirmed since the account was looked at is not linked anew`() throws {
        let seen = try accounts.account(of: bob)
        let other = try #require(AuthyID(8))
        #expect(try accounts.link(bob, to: other, ifStill: seen)?.after.authyID == other)
        #expect(try accounts.link(bob, to: phone, ifStill: seen) == nil)
        let linked = try accounts.account(of: bob)
        #expect(linked.authyID == other)
        #expect(try accounts.confirm(bob, by: .verified(other)))
        #expect(try accounts.link(bob, to: phone, ifStill: linked) == nil)
        #expect(try accounts.account(of: bob).authyID == other)
        #expect(try accounts.link(bob, to: phone, ifStill: accounts.account(of: bob))?.after.authyID == phone)
    }

    @Test func `A phone that somebody else here has is enrolled for nobody else in a login`() throws {
        _ = try accounts.link(alice, to: phone)
        #expect(try !accounts.commit(.approved(.enrolled(phone), of: bob), now: start))
        #expect(try accounts.account(of: bob) == Account())
        #expect(try accounts.holders(of: phone) == [alice])
    }

    @Test func `Of two logins that enrol at once one does`() throws {
        let ids = try (1...8).map { try #require(AuthyID(Int64($0))) }
        let done = try together(8, at: place) { accounts, index in
            try accounts.commit(.approved(.enrolled(ids[index]), of: bob, attempt: "a\(index)"), now: start)
        }
        #expect(done.filter { $0 }.count == 1)
    }

    @Test func `An account remembers that it had an AuthyID`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.unlink(alice)
        #expect(try accounts.account(of: alice).hadAuthyID)
        #expect(try accounts.list().count == 1)
    }

    @Test func `A factor that was proven outside of a login confirms, and undoes an opt-out`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.optOut(alice, now: start)
        #expect(try !accounts.confirm(alice, by: .verified(try #require(AuthyID(8)))))
        #expect(try accounts.account(of: alice).state == .linked)
        #expect(try accounts.confirm(alice, by: .verified(phone)))
        #expect(try accounts.account(of: alice).state == .confirmed)
        #expect(try accounts.account(of: alice).optedOut == nil)
    }

    @Test func `A code that confirmed is spent`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.confirm(alice, by: .softToken(token, timeStep: 7)))
        #expect(try !accounts.confirm(alice, by: .softToken(token, timeStep: 7)))
    }
}

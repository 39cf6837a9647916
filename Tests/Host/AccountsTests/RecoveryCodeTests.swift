import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct RecoveryCodeTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    private let hashes = (0..<10).map { "$y$j9T$salt$digest\($0)" }

    @Test func `A recovery code is good once, for its owner, and new ones void the old`() throws {
        try accounts.approve()
        try accounts.approve(bob)
        _ = try accounts.setRecoveryCodes(alice, to: hashes)
        let codes = try accounts.recoveryCodes(of: alice)
        #expect(codes.map(\.hash) == hashes)
        #expect(try !accounts.commit(.approved(.recovery(id: codes[0].id), of: bob, attempt: "b"), now: start))
        #expect(try accounts.commit(.approved(.recovery(id: codes[0].id), attempt: "c"), now: start))
        #expect(try !accounts.commit(.approved(.recovery(id: codes[0].id), attempt: "d"), now: start))
        #expect(try accounts.account(of: alice).recoveryLeft == 9)
        _ = try accounts.setRecoveryCodes(alice, to: Array(hashes.prefix(2)))
        #expect(try accounts.account(of: alice).recoveryLeft == 2)
        #expect(try !accounts.commit(.approved(.recovery(id: codes[1].id), attempt: "e"), now: start))
    }

    @Test func `Recovery codes keep the account that has nothing else, and are not left behind without it`() throws {
        _ = try accounts.setRecoveryCodes(bob, to: hashes)
        #expect(try accounts.account(of: bob).recoveryLeft == 10)
        _ = try accounts.setRecoveryCodes(bob, to: [])
        #expect(try accounts.list().isEmpty)
    }

    @Test func `A recovery code proves nothing for an account without a proven factor`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.setRecoveryCodes(alice, to: hashes)
        let id = try #require(try accounts.recoveryCodes(of: alice).first?.id)
        #expect(try !accounts.commit(.approved(.recovery(id: id)), now: start))
        #expect(try accounts.account(of: alice).recoveryLeft == 10)
    }

    @Test func `Of two logins with one recovery code one gets in`() throws {
        try accounts.approve()
        _ = try accounts.setRecoveryCodes(alice, to: hashes)
        let id = try #require(try accounts.recoveryCodes(of: alice).first?.id)
        let done = try together(8, at: place) { accounts, index in
            try accounts.commit(.approved(.recovery(id: id), attempt: "a\(index)"), now: start)
        }
        #expect(done.filter { $0 }.count == 1)
    }

    @Test func `Unlinking takes the recovery codes, and so does a name that comes back with another uid`() throws {
        try accounts.approve()
        _ = try accounts.setRecoveryCodes(alice, to: hashes)
        _ = try accounts.unlink(alice)
        #expect(try accounts.recoveryCodes(of: alice).isEmpty)
        try accounts.approve()
        _ = try accounts.setRecoveryCodes(alice, to: hashes)
        let heir = Person(name: "alice", uid: 4000)
        _ = try accounts.link(heir, to: phone)
        #expect(try accounts.recoveryCodes(of: alice).isEmpty)
        #expect(try accounts.recoveryCodes(of: heir).isEmpty)
    }
}

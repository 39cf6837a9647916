import Identifiers
import LoginPolicy
import Testing

@testable import Accounts

struct EnrolmentTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `A user without records has an empty account, and looking makes no row`() throws {
        #expect(try accounts.account(of: alice) == Account())
        #expect(try accounts.account(of: alice).state == .none)
        #expect(try accounts.softToken(of: alice) == nil)
        #expect(try accounts.list().isEmpty)
    }

    @Test func `Linking says what was before and what is now`() throws {
        let first = try accounts.link(alice, to: phone)
        #expect(first.before.authyID == nil)
        #expect(first.after.authyID == phone)
        #expect(first.after.state == .linked)
        let second = try accounts.link(alice, to: AuthyID(8)!)
        #expect(second.before == first.after)
        #expect(try accounts.account(of: alice).authyID == AuthyID(8))
    }

    @Test func `A SoftToken comes back as it was given, but for what was spent`() throws {
        let given = StoredSoftToken(secret: [0, 1, 255], algorithm: "sha512", digits: 8, period: 60, lastSpent: 99)
        let change = try accounts.setSoftToken(alice, to: given)
        #expect(!change.before.hasSoftToken)
        #expect(change.after.hasSoftToken)
        var kept = given
        kept.lastSpent = nil
        #expect(try accounts.softToken(of: alice) == kept)
    }

    @Test(arguments: [
        StoredSoftToken(secret: []), StoredSoftToken(secret: [1], algorithm: "md5"),
        StoredSoftToken(secret: [1], digits: 9),
        StoredSoftToken(secret: [1], period: 0), StoredSoftToken(secret: [1], period: 61),
    ])
    func `A SoftToken that no code can be made with is refused`(_ token: StoredSoftToken) throws {
        #expect(throws: (any Error).self) { try accounts.setSoftToken(alice, to: token) }
        #expect(try accounts.list().isEmpty)
    }

    @Test func `A secret is in no text that a SoftToken makes of itself`() {
        var text = "\(token) \(String(reflecting: token))"
        dump(token, to: &text)
        #expect(!text.contains("49, 50") && !text.contains("12345") && !text.contains("secret"))
    }

    @Test func `The same SoftToken again keeps what was spent, another one begins anew`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 50)), now: start))
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.softToken(of: alice)?.lastSpent == 50)
        _ = try accounts.setSoftToken(alice, to: StoredSoftToken(secret: token.secret, period: 60))
        #expect(try accounts.softToken(of: alice)?.lastSpent == nil)
    }

    @Test func `Only who has no factor gets the SoftToken and the recovery codes of another program`() throws {
        let hashes = ["$y$j9T$one", "$y$j9T$two"]
        let given = try accounts.importSoftToken(token, recoveryCodes: hashes, for: alice)
        #expect(given?.after.state == .linked && given?.after.recoveryLeft == 2)
        #expect(try accounts.importSoftToken(StoredSoftToken(secret: [9]), recoveryCodes: [], for: alice) == nil)
        #expect(try accounts.softToken(of: alice)?.secret == token.secret)
        _ = try accounts.link(bob, to: phone)
        #expect(try accounts.commit(.approved(.oneTouch(phone), of: bob), now: start))
        _ = try accounts.setRecoveryCodes(bob, to: ["$y$j9T$hers"])
        let before = try accounts.account(of: bob)
        #expect(try accounts.importSoftToken(token, recoveryCodes: hashes, for: bob) == nil)
        #expect(try accounts.account(of: bob) == before && before.isConfirmed)
        #expect(try accounts.recoveryCodes(of: bob).map(\.hash) == ["$y$j9T$hers"])
    }

    @Test func `A confirmed account stays confirmed whatever factor it gets, until it is unlinked`() throws {
        _ = try accounts.link(alice, to: phone)
        #expect(try accounts.commit(.approved(.oneTouch(phone)), now: start))
        #expect(try accounts.account(of: alice).state == .confirmed)
        #expect(try accounts.link(alice, to: AuthyID(8)!).after.state == .confirmed)
        #expect(try accounts.setSoftToken(alice, to: token).after.state == .confirmed)
        let change = try accounts.unlink(alice)
        #expect(change.before.state == .confirmed)
        var nothing = Account()
        nothing.hadAuthyID = true
        #expect(change.after == nothing)
    }

    @Test func `Unlinking gives no grace login back and no lock away`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.setGraceUsed(alice, to: 3)
        for _ in 1...5 { _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
        let after = try accounts.unlink(alice).after
        #expect(after.graceUsed == 3)
        #expect(after.lockedUntil == start + 300)
    }

    @Test func `A name that came back with another uid inherits nothing`() throws {
        let successor = Person(name: alice.name, uid: 2000)
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.account(of: successor) == Account())
        #expect(try accounts.softToken(of: successor) == nil)
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: 50), of: successor), now: start))
        #expect(try accounts.unlink(successor).before == Account())
        #expect(try accounts.account(of: alice).authyID == phone)
    }

    @Test func `Linking a name that came back forgets the one before, and says so`() throws {
        let successor = Person(name: alice.name, uid: 2000)
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.link(bob, to: phone)
        let change = try accounts.setSoftToken(successor, to: token)
        #expect(change.forgotten == [1000])
        #expect(change.before == Account())
        #expect(try accounts.list().map(\.0) == [successor, bob])
        #expect(try accounts.setSoftToken(successor, to: token).forgotten == [])
    }

    @Test func `What a login writes for a name that came back leaves the one before in peace`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.chargeTry(Person(name: alice.name, uid: 2000), rules: LockoutRules(), now: start)
        #expect(try accounts.list().count == 2)
        #expect(try accounts.account(of: alice).failures == 0)
    }

    @Test func `The list has every account in the order of names`() throws {
        _ = try accounts.link(bob, to: phone)
        _ = try accounts.setGraceUsed(alice, to: 2)
        let list = try accounts.list()
        #expect(list.map(\.0) == [alice, bob])
        #expect(list.map(\.1.state) == [.none, .linked])
        #expect(list.first?.1.graceUsed == 2)
    }

    @Test func `Names and keys are data, never SQL`() throws {
        let odd = Person(name: "o'brien\"; DROP TABLE accounts; --\0x", uid: .max)
        _ = try accounts.link(odd, to: phone)
        #expect(try accounts.list().map(\.0) == [odd])
        #expect(try accounts.commit(.approved(.oneTouch(phone), of: odd, attempt: "'; --"), now: start))
        #expect(try accounts.attempt("'; --", now: start)?.outcome == .approved)
    }

    @Test func `The number of used grace logins is set, not below none`() throws {
        #expect(try accounts.setGraceUsed(alice, to: 4).after.graceUsed == 4)
        #expect(throws: AccountsError.self) { try accounts.setGraceUsed(alice, to: -1) }
        #expect(try accounts.setGraceUsed(alice, to: 0).before.graceUsed == 4)
        #expect(try accounts.list().isEmpty)
    }

    @Test func `Unlocking clears what keeps a person from trying, and says what it was`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(
            try accounts.commit(.denied(proof: .softToken(token, timeStep: (start + year) / 30)), now: start + year))
        for _ in 1...5 { _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
        try accounts.endPush(try accounts.push(now: start), as: .denied, now: start)
        #expect(try accounts.chargeOneCode(alice, now: start))
        let unlocked = try accounts.unlock(alice, now: start)
        #expect(
            unlocked
                == Unlocked(
                    failures: 5, failuresOfDay: 5, lockedUntil: start + 300, pushes: 1, oneCodes: 1,
                    spentStep: (start + year) / 30))
        #expect(try accounts.chargeTry(alice, rules: LockoutRules(), now: start) == .granted)
        #expect(try accounts.push(now: start) > 0)
        #expect(try accounts.softToken(of: alice)?.lastSpent == nil)
        #expect(try accounts.account(of: alice).authyID == phone)
    }

    @Test
    func `Unlocking leaves a spent step of this moment spent, also that of a phone whose clock is a little ahead`()
        throws
    {
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: start / 30 + 1)), now: start))
        #expect(try accounts.unlock(alice, now: start).spentStep == nil)
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: start / 30 + 1)), now: start))
    }

    @Test func `Unlocking one person does nothing to another`() throws {
        for _ in 1...5 { _ = try accounts.chargeTry(bob, rules: LockoutRules(), now: start) }
        try accounts.endPush(try accounts.push(bob, now: start), as: .denied, now: start)
        let nothing = Unlocked(failures: 0, failuresOfDay: 0, lockedUntil: nil, pushes: 0, oneCodes: 0, spentStep: nil)
        #expect(try accounts.unlock(alice, now: start) == nothing)
        #expect(try accounts.lock(of: bob, rules: LockoutRules(), now: start) == start + 300)
        #expect(try accounts.chargePush(bob, attempt: "b", place: "192.0.2.1", automatic: false, now: start) == .paused)
    }
}

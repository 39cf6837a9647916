import Glibc
import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

private let office = TrustedLogin(service: "sshd", address: "192.0.2.1", key: "")
// swift-format-ignore: NeverForceUnwrap
private let key = KeyFingerprint("SHA256:" + String(repeating: "a", count: 43))!
// swift-format-ignore: NeverForceUnwrap
private let otherKey = KeyFingerprint("SHA256:" + String(repeating: "b", count: 43))!

struct StandingTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    private func approve(
        _ person: Person = alice, remember: TrustedLogin? = office, seconds: Int = 600, now: Int64 = start
    ) throws {
        _ = try accounts.link(person, phone)
        var commit = LoginCommit.approved(.oneTouch(phone), of: person)
        commit.remember = remember
        commit.rememberSeconds = seconds
        #expect(try accounts.commit(commit, now: now))
    }

    // MARK: opting out and pausing

    @Test func `An opt-out keeps its first time, keeps the factors, and is undone by opting in`() throws {
        _ = try accounts.link(alice, phone)
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
        _ = try accounts.link(bob, phone)
        if isConfirmed { #expect(try accounts.confirm(bob, .verified(phone))) }
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
        _ = try accounts.link(bob, phone)
        #expect(try accounts.commit(skipped, now: start))
        #expect(try accounts.confirm(bob, .verified(phone)))
        #expect(try !accounts.commit(skipped, now: start))
    }

    @Test func `An outage excuses who has the factors of the beginning, and no lock`() throws {
        _ = try accounts.link(bob, phone)
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
        #expect(try accounts.confirm(bob, .verified(phone)))
        #expect(try excuses())
        _ = try accounts.setSoftToken(bob, token)
        #expect(try !excuses())
        _ = try accounts.unlink(bob)
        #expect(try !excuses())
        _ = try accounts.link(bob, AuthyID(8)!)
        #expect(try !excuses())
        _ = try accounts.link(bob, phone)
        #expect(try excuses())
    }

    @Test func `A lock that has run out does not count in an outage`() throws {
        _ = try accounts.link(bob, phone)
        for _ in 1...LockoutRules().failures {
            _ = try accounts.chargeTry(bob, rules: LockoutRules(), now: start - 300)
        }
        var outage = LoginCommit(person: bob, attempt: "a", outcome: .excused, reason: "outage", service: "sshd")
        outage.asked = try accounts.account(of: bob)
        #expect(try accounts.commit(outage, now: start))
    }

    @Test func `An opt-out that was decided on for another state of the account is none`() throws {
        _ = try accounts.link(bob, phone)
        #expect(try accounts.optOut(bob, now: start, onlyIn: AccountState.none) == nil)
        #expect(try accounts.account(of: bob).optedOut == nil)
        #expect(try accounts.optOut(bob, now: start, onlyIn: .linked) != nil)
    }

    @Test func `A factor that is proven in a login undoes an opt-out`() throws {
        _ = try accounts.link(alice, phone)
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
        _ = try accounts.pause(alice, Pause(from: start, until: start + 3_600, reason: "new phone"))
        let pause = try #require(try accounts.account(of: alice).pause)
        #expect(pause.reason == "new phone")
        #expect(pause.holds(at: start + offset, maxHours: 2) == holds)
    }

    @Test(arguments: [0, 228, 299])
    func `A pause that is longer than the settings allow holds at no time, not even near its end`(
        day: Int64
    ) {
        let pause = Pause(from: start, until: start + 300 * 86_400, reason: "")
        #expect(pause.holds(at: start + day * 86_400, maxHours: 8_760))
        #expect(!pause.holds(at: start + day * 86_400, maxHours: 72))
    }

    @Test func `Ending a pause leaves nothing of an account that had nothing else`() throws {
        _ = try accounts.pause(alice, Pause(from: start, until: start, reason: "x"))
        _ = try accounts.pause(alice, nil)
        #expect(try accounts.list().isEmpty)
    }

    @Test func `A preference is kept, taken back, and never a recovery code`() throws {
        _ = try accounts.prefer(alice, .sms)
        #expect(try accounts.account(of: alice).prefers == .sms)
        _ = try accounts.prefer(alice, nil)
        #expect(try accounts.account(of: alice).prefers == nil)
        #expect(throws: AccountsError.self) { try accounts.prefer(alice, .recovery) }
    }

    // MARK: the server's view

    @Test func `What the server says is kept for the AuthyID that was asked about, and forgotten with it`() throws {
        let view = ServerView(phone: "XXX-XXX-1118", hasApp: true, time: start)
        #expect(try !accounts.see(alice, phone, view))
        _ = try accounts.link(alice, phone)
        #expect(try accounts.see(alice, phone, view))
        #expect(try accounts.account(of: alice).seen == view)
        #expect(try !accounts.see(alice, try #require(AuthyID(8)), view))
        _ = try accounts.link(alice, phone)
        #expect(try accounts.account(of: alice).seen == view)
        _ = try accounts.link(alice, try #require(AuthyID(8)))
        #expect(try accounts.account(of: alice).seen == nil)
    }

    // MARK: enrolment

    @Test func `A phone that was enrolled in a login links and confirms an account that never had one`() throws {
        #expect(try accounts.commit(.approved(.enrolled(phone), of: bob), now: start))
        let account = try accounts.account(of: bob)
        #expect(account.state == .confirmed && account.authyID == phone && account.hadAuthyID)
    }

    @Test(arguments: ["linked", "unlinked", "softtoken"])
    func `It does not for an account that has a factor, or ever had an AuthyID`(before: String) throws {
        if before == "softtoken" {
            _ = try accounts.setSoftToken(bob, token)
        } else {
            _ = try accounts.link(bob, try #require(AuthyID(8)))
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
        #expect(try accounts.link(bob, other, ifStill: seen)?.after.authyID == other)
        #expect(try accounts.link(bob, phone, ifStill: seen) == nil)
        let linked = try accounts.account(of: bob)
        #expect(linked.authyID == other)
        #expect(try accounts.confirm(bob, .verified(other)))
        #expect(try accounts.link(bob, phone, ifStill: linked) == nil)
        #expect(try accounts.account(of: bob).authyID == other)
        #expect(try accounts.link(bob, phone, ifStill: accounts.account(of: bob))?.after.authyID == phone)
    }

    @Test func `A phone that somebody else here has is enrolled for nobody else in a login`() throws {
        _ = try accounts.link(alice, phone)
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
        _ = try accounts.link(alice, phone)
        _ = try accounts.unlink(alice)
        #expect(try accounts.account(of: alice).hadAuthyID)
        #expect(try accounts.list().count == 1)
    }

    @Test func `A factor that was proven outside of a login confirms, and undoes an opt-out`() throws {
        _ = try accounts.link(alice, phone)
        _ = try accounts.optOut(alice, now: start)
        #expect(try !accounts.confirm(alice, .verified(try #require(AuthyID(8)))))
        #expect(try accounts.account(of: alice).state == .linked)
        #expect(try accounts.confirm(alice, .verified(phone)))
        #expect(try accounts.account(of: alice).state == .confirmed)
        #expect(try accounts.account(of: alice).optedOut == nil)
    }

    @Test func `A code that confirmed is spent`() throws {
        _ = try accounts.setSoftToken(alice, token)
        #expect(try accounts.confirm(alice, .softToken(token, timeStep: 7)))
        #expect(try !accounts.confirm(alice, .softToken(token, timeStep: 7)))
    }

    // MARK: recovery codes

    private let hashes = (0..<10).map { "$y$j9T$salt$digest\($0)" }

    @Test func `A recovery code is good once, for its owner, and new ones void the old`() throws {
        try approve()
        try approve(bob)
        _ = try accounts.setRecoveryCodes(alice, hashes)
        let codes = try accounts.recoveryCodes(of: alice)
        #expect(codes.map(\.hash) == hashes)
        #expect(try !accounts.commit(.approved(.recovery(id: codes[0].id), of: bob, attempt: "b"), now: start))
        #expect(try accounts.commit(.approved(.recovery(id: codes[0].id), attempt: "c"), now: start))
        #expect(try !accounts.commit(.approved(.recovery(id: codes[0].id), attempt: "d"), now: start))
        #expect(try accounts.account(of: alice).recoveryLeft == 9)
        _ = try accounts.setRecoveryCodes(alice, Array(hashes.prefix(2)))
        #expect(try accounts.account(of: alice).recoveryLeft == 2)
        #expect(try !accounts.commit(.approved(.recovery(id: codes[1].id), attempt: "e"), now: start))
    }

    @Test func `Recovery codes keep the account that has nothing else, and are not left behind without it`() throws {
        _ = try accounts.setRecoveryCodes(bob, hashes)
        #expect(try accounts.account(of: bob).recoveryLeft == 10)
        _ = try accounts.setRecoveryCodes(bob, [])
        #expect(try accounts.list().isEmpty)
    }

    @Test func `A recovery code proves nothing for an account without a proven factor`() throws {
        _ = try accounts.link(alice, phone)
        _ = try accounts.setRecoveryCodes(alice, hashes)
        let id = try #require(try accounts.recoveryCodes(of: alice).first?.id)
        #expect(try !accounts.commit(.approved(.recovery(id: id)), now: start))
        #expect(try accounts.account(of: alice).recoveryLeft == 10)
    }

    @Test func `Of two logins with one recovery code one gets in`() throws {
        try approve()
        _ = try accounts.setRecoveryCodes(alice, hashes)
        let id = try #require(try accounts.recoveryCodes(of: alice).first?.id)
        let done = try together(8, at: place) { accounts, index in
            try accounts.commit(.approved(.recovery(id: id), attempt: "a\(index)"), now: start)
        }
        #expect(done.filter { $0 }.count == 1)
    }

    @Test func `Unlinking takes the recovery codes, and so does a name that comes back with another uid`() throws {
        try approve()
        _ = try accounts.setRecoveryCodes(alice, hashes)
        _ = try accounts.unlink(alice)
        #expect(try accounts.recoveryCodes(of: alice).isEmpty)
        try approve()
        _ = try accounts.setRecoveryCodes(alice, hashes)
        let heir = Person(name: "alice", uid: 4000)
        _ = try accounts.link(heir, phone)
        #expect(try accounts.recoveryCodes(of: alice).isEmpty)
        #expect(try accounts.recoveryCodes(of: heir).isEmpty)
    }

    // MARK: not asking twice

    @Test func `A login like the one that was proven is remembered for its seconds`() throws {
        try approve()
        #expect(try accounts.isRemembered(alice, office, seconds: 600, now: start + 599))
        #expect(try !accounts.isRemembered(alice, office, seconds: 600, now: start + 600))
        #expect(try !accounts.isRemembered(alice, office, seconds: 0, now: start))
        #expect(try !accounts.isRemembered(alice, office, seconds: 600, now: start - year))
    }

    @Test(arguments: [
        TrustedLogin(service: "sudo", address: "192.0.2.1", key: ""),
        TrustedLogin(service: "sshd", address: "192.0.2.2", key: ""),
        TrustedLogin(service: "sshd", address: "192.0.2.1", key: "SHA256:x"),
        TrustedLogin(service: "sshd", address: "", key: ""),
    ])
    func `Another service, address or key is not`(login: TrustedLogin) throws {
        try approve()
        #expect(try !accounts.isRemembered(alice, login, seconds: 600, now: start))
        #expect(try !accounts.isRemembered(bob, office, seconds: 600, now: start))
    }

    @Test func `A login without an address is never remembered`() throws {
        try approve(remember: TrustedLogin(service: "sudo", address: "", key: ""))
        #expect(try accounts.remembered(of: alice).isEmpty)
    }

    @Test func `A denial forgets, but another round of what was denied before says nothing`() throws {
        try approve()
        var again = LoginCommit.denied(attempt: "b")
        again.reason = Reason.decidedBefore.rawValue
        #expect(try accounts.commit(again, now: start))
        #expect(try accounts.isRemembered(alice, office, seconds: 600, now: start))
        #expect(try accounts.commit(.denied(attempt: "c"), now: start))
        #expect(try !accounts.isRemembered(alice, office, seconds: 600, now: start))
    }

    @Test(arguments: [
        "link", "softtoken", "unlink", "grace", "opt-out", "opt-in", "pause", "prefer", "recovery", "confirm", "forget",
    ])
    func `Any change to the account forgets`(change: String) throws {
        try approve()
        switch change {
        case "link": _ = try accounts.link(alice, phone)
        case "softtoken": _ = try accounts.setSoftToken(alice, token)
        case "unlink": _ = try accounts.unlink(alice)
        case "grace": _ = try accounts.setGraceUsed(alice, 1)
        case "opt-out": _ = try accounts.optOut(alice, now: start)
        case "opt-in": _ = try accounts.optIn(alice)
        case "pause": _ = try accounts.pause(alice, Pause(from: start, until: start, reason: ""))
        case "prefer": _ = try accounts.prefer(alice, .call)
        case "recovery": _ = try accounts.setRecoveryCodes(alice, [])
        case "confirm": #expect(try accounts.confirm(alice, .verified(phone)))
        default: #expect(try accounts.forget(alice) == 1)
        }
        #expect(try accounts.remembered(of: alice).isEmpty)
    }

    @Test func `What is remembered is listed, the newest first`() throws {
        try approve()
        var next = LoginCommit.approved(.oneTouch(phone), attempt: "b")
        next.remember = TrustedLogin(service: "sshd", address: "192.0.2.9", key: key.description)
        next.rememberSeconds = 600
        #expect(try accounts.commit(next, now: start + 5))
        #expect(try accounts.remembered(of: alice).map(\.login.address) == ["192.0.2.9", "192.0.2.1"])
    }

    // MARK: people on one account of the system

    @Test func `People told apart by key have accounts of their own on one account of the system`() throws {
        let root = Person(name: "root", uid: 0)
        let (one, two) = (Person(name: "root", uid: 0, key: key), Person(name: "root", uid: 0, key: otherKey))
        _ = try accounts.link(one, phone)
        _ = try accounts.link(two, try #require(AuthyID(8)))
        #expect(try accounts.account(of: one).authyID == phone)
        #expect(try accounts.account(of: root) == Account())
        #expect(try accounts.people(on: "root", uid: 0) == [one, two])
        #expect(try accounts.people(on: "root", uid: 1).isEmpty)
        #expect(try accounts.people(on: "roo", uid: 0).isEmpty)
        #expect(try accounts.list().map(\.0) == [one, two])
        #expect(try accounts.commit(.approved(.oneTouch(phone), of: one), now: start))
        #expect(try accounts.account(of: one).state == .confirmed)
        #expect(try accounts.account(of: two).state == .linked)
        #expect(try accounts.history(limit: 1).first?.nameWithKey == "root \(key)")
    }

    // MARK: history

    @Test func `The history is restricted by all that is named`() throws {
        for (index, service) in ["sshd", "sudo", "sshd"].enumerated() {
            var commit = LoginCommit.denied(index == 2 ? bob : alice, attempt: "a\(index)")
            commit.service = service
            commit.rhost = "192.0.2.\(index)"
            #expect(try accounts.commit(commit, now: start + Int64(index)))
        }
        func found(_ restrict: (inout HistoryFilter) -> Void) throws -> [Int64] {
            var filter = HistoryFilter()
            restrict(&filter)
            return try accounts.history(filter, limit: 9).map { $0.time - start }
        }
        #expect(try found { _ in } == [2, 1, 0])
        #expect(try found { $0.user = "alice" } == [1, 0])
        #expect(try found { $0.service = "sshd" } == [2, 0])
        #expect(try found { ($0.service, $0.user) = ("sshd", "alice") } == [0])
        #expect(try found { $0.outcome = .approved } == [])
        #expect(try found { $0.reason = "wrong-code" } == [2, 1, 0])
        #expect(try found { $0.rhost = "192.0.2.1" } == [1])
        #expect(try found { ($0.since, $0.until) = (start + 1, start + 1) } == [1])
    }

    // MARK: the file

    @Test func `Accounts of the first version are brought up to date with all that is in them`() throws {
        let old = try Place()
        try old.write([])
        let connection = try old.raw()
        try connection.execute(Schema.migrations[0])
        try connection.execute(
            """
            PRAGMA user_version = 1; \
            INSERT INTO accounts (name, uid, authy_id, confirmed) VALUES ('alice', 1000, 7, 1)
            """
        )
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try #require(chmod(old.path, 0o600) == 0)
        // Not by a login, which cannot know whether these are the right ones.
        #expect(throws: AccountsError.unprepared) {
            try Accounts(path: old.path, id: String(repeating: "0", count: 32))
        }
        #expect(try Accounts.look(at: old.path) == .unprepared)
        let account = try old.open().account(of: alice)
        #expect(
            account.state == .confirmed && account.authyID == phone && account.hadAuthyID && account.optedOut == nil)
    }
}

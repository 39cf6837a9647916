import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct GraceTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    private func login(
        _ person: Person = alice, from place: String, service: String = "sshd", now: Int64 = start, ends: Int64? = nil,
        _ edit: (inout EnrolmentRules) -> Void = { _ in }
    ) throws -> Grace {
        var rules = EnrolmentRules()
        edit(&rules)
        return try accounts.spendGrace(person, service: service, place: place, rules: rules, now: now, graceEnds: ends)
    }

    @Test func `Each login from another place spends one, and then there is none`() throws {
        let found = try (1...6).map { try login(from: "192.0.2.\($0)") }
        #expect(found == [4, 3, 2, 1, 0].map { .excused(left: $0) } + [.exhausted])
        #expect(try accounts.account(of: alice).graceUsed == 5)
        #expect(try login(bob, from: "192.0.2.1") == .excused(left: 4))
    }

    @Test func `Logins from one place within ten minutes spend once`() throws {
        #expect(try login(from: "192.0.2.1") == .excused(left: 4))
        #expect(try login(from: "192.0.2.1", now: start + 599) == .excused(left: 4))
        #expect(try login(from: "192.0.2.1", now: start + 600) == .excused(left: 3))
        #expect(try login(from: "192.0.2.1", now: start + 1199) == .excused(left: 3))
    }

    @Test func `Logins ride on the last grace login too, from its place only`() throws {
        _ = try accounts.setGraceUsed(alice, to: 4)
        #expect(try login(from: "2001:db8::/64") == .excused(left: 0))
        #expect(try login(from: "2001:db8::/64", now: start + 10) == .excused(left: 0))
        #expect(try login(from: "2001:db8:0:1::/64", now: start + 10) == .exhausted)
        #expect(try login(from: "2001:db8::/64", now: start + 600) == .exhausted)
    }

    @Test func `Other services are excused while any is left, and spend none`() throws {
        #expect(try login(from: "", service: "sudo") == .excused(left: 5))
        #expect(try accounts.list().isEmpty)
        _ = try accounts.setGraceUsed(alice, to: 5)
        #expect(try login(from: "", service: "sudo") == .exhausted)
    }

    @Test func `There is no grace from its end on, also not to ride on`() throws {
        #expect(try login(from: "192.0.2.1", ends: start + 1) == .excused(left: 4))
        #expect(try login(from: "192.0.2.1", now: start + 1, ends: start + 1) == .exhausted)
        #expect(try login(from: "", service: "sudo", now: start + 1, ends: start + 1) == .exhausted)
        #expect(try accounts.account(of: alice).graceUsed == 1)
    }

    @Test func `A changed number of grace logins applies at once`() throws {
        for address in 1...5 { _ = try login(from: "192.0.2.\(address)") }
        #expect(try login(from: "192.0.2.6") { $0.graceLogins = 7 } == .excused(left: 1))
        #expect(try login(from: "192.0.2.7") { $0.graceLogins = 3 } == .exhausted)
    }

    @Test func `What the administrator sets applies at once, also to a place that has spent`() throws {
        #expect(try login(from: "192.0.2.1") == .excused(left: 4))
        _ = try accounts.setGraceUsed(alice, to: 5)
        #expect(try login(from: "192.0.2.1") == .exhausted)
    }

    @Test func `Without a window every login spends`() throws {
        #expect(try login(from: "192.0.2.1") { $0.graceWindow = 0 } == .excused(left: 4))
        #expect(try login(from: "192.0.2.1") { $0.graceWindow = 0 } == .excused(left: 3))
    }

    @Test func `An account with a factor that has succeeded has no grace`() throws {
        _ = try accounts.link(alice, to: phone)
        #expect(try login(from: "192.0.2.1") == .excused(left: 4))
        #expect(try accounts.commit(.approved(.oneTouch(phone)), now: start))
        #expect(try login(from: "192.0.2.1") == .exhausted)
        #expect(try login(from: "", service: "sudo") == .exhausted)
    }

    @Test func `A clock that goes back a year gives no login back, and nothing to ride on`() throws {
        #expect(try login(from: "192.0.2.1", now: start + year) == .excused(left: 4))
        #expect(try login(from: "192.0.2.1") == .excused(left: 3))
        #expect(try login(from: "192.0.2.1") == .excused(left: 3))
    }

    @Test func `A login whose clock was read just before another one spent rides on that`() throws {
        #expect(try login(from: "192.0.2.1", now: start) == .excused(left: 4))
        #expect(try login(from: "192.0.2.1", now: start - 2) == .excused(left: 4))
    }

    @Test func `Places are forgotten when their window is over`() throws {
        for address in 1...5 { _ = try login(from: "192.0.2.\(address)") }
        _ = try login(from: "192.0.2.9", now: start + 600) { $0.graceLogins = 9 }
        #expect(try accounts.connection.all("SELECT place FROM grace") { $0.text(0) } == ["192.0.2.9"])
    }
}

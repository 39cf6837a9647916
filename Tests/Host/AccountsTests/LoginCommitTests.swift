import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct LoginCommitTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `A code is good once, and so is every earlier one`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 100)), now: start))
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: 100)), now: start))
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: 99)), now: start))
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 101)), now: start))
        #expect(try accounts.softToken(of: alice)?.lastSpent == 101)
    }

    @Test func `A success with a spent code writes nothing at all`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        #expect(try accounts.commit(.denied(attempt: "first", proof: .softToken(token, timeStep: 100)), now: start))
        _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start)
        _ = try accounts.chargeOneCode(alice, now: start)
        let push = try accounts.push(attempt: "second", now: start)
        let before = try accounts.account(of: alice)
        #expect(
            try !accounts.commit(
                .approved(.softToken(token, timeStep: 100), attempt: "second", push: .init(id: push, end: .cancelled)),
                now: start))
        #expect(try accounts.account(of: alice) == before)
        #expect(before.state == .linked && before.failures == 1)
        #expect(try accounts.attempt("second", now: start)?.outcome == nil)
        #expect(try accounts.history(limit: 10).count == 1)
        #expect(try accounts.connection.all("SELECT state FROM pushes") { $0.text(0) } == ["pending"])
        #expect(try accounts.connection.all("SELECT id FROM onecodes") { $0.integer(0) }.count == 1)
    }

    @Test func `A success confirms, ends the push, marks the attempt and is remembered`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        let push = try accounts.push(now: start)
        #expect(
            try accounts.commit(
                .approved(.softToken(token, timeStep: 1), push: .init(id: push, end: .cancelled)), now: start + 9))
        #expect(try accounts.account(of: alice).state == .confirmed)
        #expect(
            try accounts.connection.all("SELECT state, ended FROM pushes") { [$0.text(0), $0.text(1)] } == [
                ["cancelled", "\(start + 9)"]
            ])
        #expect(try accounts.attempt("attempt", now: start + 9) == Attempt(outcome: .approved, pushed: true))
        let row = try #require(try accounts.history(of: "alice", limit: 10).first)
        #expect(
            row.time == start + 9 && row.user == "alice" && row.service == "sshd" && row.rhost == "client.example.com")
        #expect(
            row.outcome == .approved && row.reason == "code" && row.factor == .softToken && row.address == "192.0.2.1")
    }

    @Test func `A code that came too late is denied and spent, and proves nothing`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start)
        #expect(try accounts.commit(.denied(proof: .softToken(token, timeStep: 5)), now: start))
        #expect(try accounts.account(of: alice).state == .linked)
        #expect(try accounts.account(of: alice).failures == 1)
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: 5)), now: start))
    }

    @Test func `A denial confirms nothing`() throws {
        _ = try accounts.link(alice, to: phone)
        #expect(try accounts.commit(.denied(proof: .oneTouch(phone)), now: start))
        #expect(try accounts.account(of: alice).state == .linked)
    }

    @Test func `A proof of a factor that the account has no more lets nobody in`() throws {
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.setSoftToken(alice, to: token)
        _ = try accounts.link(alice, to: AuthyID(8)!)
        _ = try accounts.setSoftToken(alice, to: StoredSoftToken(secret: [9]))
        let proofs: [LoginCommit.Proof] = [.oneTouch(phone), .verified(phone), .softToken(token, timeStep: 5)]
        for proof in proofs { #expect(try !accounts.commit(.approved(proof), now: start)) }
        #expect(try !accounts.commit(.denied(proof: .softToken(token, timeStep: 5)), now: start))
        #expect(try accounts.softToken(of: alice)?.lastSpent == nil)
        _ = try accounts.unlink(alice)
        for proof in proofs + [.oneTouch(AuthyID(8)!)] { #expect(try !accounts.commit(.approved(proof), now: start)) }
        #expect(try accounts.history(limit: 10).isEmpty)
    }

    @Test func `An approval without a proof, or of nobody, is refused`() throws {
        _ = try accounts.link(alice, to: phone)
        var commit = LoginCommit.approved(.oneTouch(phone))
        commit.proof = nil
        #expect(throws: AccountsError.self) { try accounts.commit(commit, now: start) }
        commit = .approved(.oneTouch(phone))
        commit.person = nil
        #expect(throws: AccountsError.self) { try accounts.commit(commit, now: start) }
    }

    @Test func `Of a name that the system does not know only the attempt is kept`() throws {
        #expect(try accounts.commit(.denied(nil), now: start))
        #expect(try accounts.attempt("attempt", now: start) == Attempt(outcome: .denied, pushed: false))
        #expect(try accounts.history(limit: 10).isEmpty)
        #expect(try accounts.list().isEmpty)
    }

    @Test func `A denial on the phone that ends a login begins the pause`() throws {
        let push = try accounts.push(now: start)
        #expect(try accounts.commit(.denied(push: .init(id: push, end: .denied)), now: start))
        #expect(
            try accounts.chargePush(alice, attempt: "b", place: "192.0.2.1", automatic: true, now: start) == .paused)
    }

    @Test func `An attempt is forgotten after three minutes, and when it lies in the future`() throws {
        #expect(try accounts.attempt("attempt", now: start) == nil)
        #expect(try accounts.commit(.denied(), now: start))
        #expect(try accounts.attempt("attempt", now: start + 179) == Attempt(outcome: .denied, pushed: false))
        #expect(try accounts.attempt("attempt", now: start + 180) == nil)
        #expect(try accounts.attempt("attempt", now: start - year) == nil)
        #expect(try accounts.attempt("other", now: start) == nil)
    }

    @Test func `A key that comes back later is a new attempt`() throws {
        #expect(try accounts.commit(.denied(), now: start))
        #expect(
            try accounts.commit(
                LoginCommit(person: alice, attempt: "attempt", outcome: .excused, reason: "grace", service: "sshd"),
                now: start + 180))
        #expect(try accounts.attempt("attempt", now: start + 180)?.outcome == .excused)
    }

    @Test func `Forgotten attempts are deleted, those of the future too, at most a hundred each with every login`()
        throws
    {
        for number in 1...150 { _ = try accounts.commit(.denied(nil, attempt: "old \(number)"), now: start) }
        try accounts.connection.execute("INSERT INTO attempts VALUES ('ahead', \(start + year), 'denied')")
        var left: [Int64] = []
        for number in 1...2 {
            _ = try accounts.commit(.denied(nil, attempt: "new \(number)"), now: start + 180)
            left.append(try accounts.connection.first("SELECT count(*) FROM attempts") { $0.integer(0) ?? 0 } ?? 0)
        }
        #expect(left == [51, 2])
    }

    @Test func `What ends a login or comes from the administrator is on the disk at once, a charge with it`() throws {
        func level(after act: () throws -> Void) throws -> Int64? {
            try act()
            return try accounts.connection.first("PRAGMA synchronous") { $0.integer(0) } ?? nil
        }
        let (normal, full): (Int64, Int64) = (1, 2)
        #expect(try level { _ = try accounts.link(alice, to: phone) } == full)
        #expect(try level { _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start) } == normal)
        #expect(try level { _ = try accounts.commit(.denied(), now: start) } == full)
        #expect(try level { _ = try accounts.push(now: start) } == normal)
        #expect(try level { _ = try accounts.unlock(alice, now: start) } == full)
    }

    @Test func `A lock that another guess set does not take back a try that was granted before`() throws {
        _ = try accounts.setSoftToken(alice, to: token)
        for _ in 1...6 { _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 5)), now: start))
    }
}

struct HistoryTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `History is newest first whatever the clock said, of one user or of all`() throws {
        for (offset, person) in [(0, alice), (year, bob), (-year, alice), (5, alice)] {
            #expect(try accounts.commit(.denied(person), now: start + offset))
        }
        #expect(try accounts.history(limit: 3).map(\.time) == [start + 5, start - year, start + year])
        #expect(try accounts.history(of: "alice", limit: 10).map(\.time) == [start + 5, start - year, start])
        #expect(try accounts.history(of: "alice", limit: 1).map(\.time) == [start + 5])
        #expect(try accounts.history(of: "nobody", limit: 10).isEmpty)
        #expect(try accounts.history(limit: -1).isEmpty)
    }

    @Test func `The newest rows are kept, by their number and not by their time`() throws {
        accounts.historyRows = 3
        for second in 0..<5 { #expect(try accounts.commit(.denied(), now: start - Int64(second) * year)) }
        #expect(try accounts.history(limit: 10).map(\.time) == [4, 3, 2].map { start - $0 * year })
    }

    @Test func `What others wrote is cut to a length, and its control characters are gone`() throws {
        var commit = LoginCommit.denied()
        commit.rhost = "a\u{1B}[31m\u{85}\nb"
        commit.reason = String(repeating: "ü", count: 300)
        #expect(try accounts.commit(commit, now: start))
        let row = try #require(try accounts.history(limit: 1).first)
        #expect(row.rhost == "a?[31m??b")
        #expect(row.reason == String(repeating: "ü", count: 127))
    }
}

import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

/// What a login costs: the number of statements that it runs, which is not to grow unnoticed.
struct StatementCountTests {
    let place: Place
    private let id: String

    init() throws {
        place = try Place()
        let accounts = try place.open()
        _ = try accounts.setSoftToken(alice, to: token)
        _ = try accounts.link(alice, to: phone)
        id = try Accounts.prepare(path: place.path).id
    }

    /// The number of statements that a login runs once the file is open.
    private func count(_ login: (Accounts) throws -> Void) throws -> Int {
        let accounts = try Accounts(path: place.path, id: id)
        var number = 0
        accounts.connection.trace = { _ in number += 1 }
        try login(accounts)
        accounts.connection.trace = nil
        return number
    }

    private func approve(_ accounts: Accounts) throws {
        _ = try accounts.attempt("b", now: start)
        _ = try accounts.account(of: alice)
        _ = try accounts.isRemembered(alice, like: office, seconds: 600, now: start)
        let push = try accounts.push(attempt: "b", now: start)
        var commit = LoginCommit.approved(.oneTouch(phone), attempt: "b", push: .init(id: push, end: .approved))
        (commit.remember, commit.rememberSeconds) = (office, 600)
        #expect(try accounts.commit(commit, now: start))
    }

    @Test func `A login with a code of the SoftToken`() throws {
        let number = try count { accounts in
            _ = try accounts.attempt("a", now: start)
            _ = try accounts.account(of: alice)
            _ = try accounts.people(on: "alice", uid: 1000)
            _ = try accounts.softToken(of: alice)
            _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start)
            #expect(try accounts.commit(.approved(.softToken(token, timeStep: 5), attempt: "a"), now: start))
        }
        #expect(number <= 34)
    }

    @Test func `A login that is approved on the phone and remembered, and the next one`() throws {
        #expect(try count(approve) <= 30)
        let number = try count { accounts in
            _ = try accounts.attempt("c", now: start)
            _ = try accounts.account(of: alice)
            #expect(try accounts.isRemembered(alice, like: office, seconds: 600, now: start))
        }
        #expect(number <= 5)
    }

    @Test func `A grace login of somebody new`() throws {
        let number = try count { accounts in
            _ = try accounts.attempt("d", now: start)
            _ = try accounts.account(of: bob)
            _ = try accounts.spendGrace(
                bob, service: "sshd", place: "x", rules: EnrolmentRules(), now: start, graceEnds: nil)
            let ending = LoginCommit(person: bob, attempt: "d", outcome: .excused, reason: "grace", service: "sshd")
            #expect(try accounts.commit(ending, now: start))
        }
        #expect(number <= 32)
    }

    @Test func `A login with a wrong recovery code`() throws {
        let number = try count { accounts in
            _ = try accounts.attempt("e", now: start)
            _ = try accounts.account(of: alice)
            _ = try accounts.recoveryCodes(of: alice)
            _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start)
            #expect(try accounts.commit(.denied(attempt: "e"), now: start))
        }
        #expect(number <= 26)
    }
}

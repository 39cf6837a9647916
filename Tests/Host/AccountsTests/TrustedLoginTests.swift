import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

// swift-format-ignore: NeverForceUnwrap
private let key = KeyFingerprint("SHA256:" + String(repeating: "a", count: 43))!

struct TrustedLoginTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `A login like the one that was proven is remembered for its seconds`() throws {
        try accounts.approve()
        #expect(try accounts.isRemembered(alice, like: office, seconds: 600, now: start + 599))
        #expect(try !accounts.isRemembered(alice, like: office, seconds: 600, now: start + 600))
        #expect(try !accounts.isRemembered(alice, like: office, seconds: 0, now: start))
        #expect(try !accounts.isRemembered(alice, like: office, seconds: 600, now: start - year))
    }

    @Test(arguments: [
        TrustedLogin(service: "sudo", address: "192.0.2.1", key: ""),
        TrustedLogin(service: "sshd", address: "192.0.2.2", key: ""),
        TrustedLogin(service: "sshd", address: "192.0.2.1", key: "SHA256:x"),
        TrustedLogin(service: "sshd", address: "", key: ""),
    ])
    func `Another service, address or key is not`(login: TrustedLogin) throws {
        try accounts.approve()
        #expect(try !accounts.isRemembered(alice, like: login, seconds: 600, now: start))
        #expect(try !accounts.isRemembered(bob, like: office, seconds: 600, now: start))
    }

    @Test func `A login without an address is never remembered`() throws {
        try accounts.approve(remember: TrustedLogin(service: "sudo", address: "", key: ""))
        #expect(try accounts.remembered(of: alice).isEmpty)
    }

    @Test func `A denial forgets, but another round of what was denied before says nothing`() throws {
        try accounts.approve()
        var again = LoginCommit.denied(attempt: "b")
        again.reason = Reason.decidedBefore.rawValue
        #expect(try accounts.commit(again, now: start))
        #expect(try accounts.isRemembered(alice, like: office, seconds: 600, now: start))
        #expect(try accounts.commit(.denied(attempt: "c"), now: start))
        #expect(try !accounts.isRemembered(alice, like: office, seconds: 600, now: start))
    }

    @Test(arguments: [
        "link", "softtoken", "unlink", "grace", "opt-out", "opt-in", "pause", "prefer", "recovery", "confirm", "forget",
    ])
    func `Any change to the account forgets`(change: String) throws {
        try accounts.approve()
        switch change {
        case "link": _ = try accounts.link(alice, to: phone)
        case "softtoken": _ = try accounts.setSoftToken(alice, to: token)
        case "unlink": _ = try accounts.unlink(alice)
        case "grace": _ = try accounts.setGraceUsed(alice, to: 1)
        case "opt-out": _ = try accounts.optOut(alice, now: start)
        case "opt-in": _ = try accounts.optIn(alice)
        case "pause": _ = try accounts.setPause(alice, to: FactorPause(from: start, until: start, reason: ""))
        case "prefer": _ = try accounts.setPreference(alice, to: .call)
        case "recovery": _ = try accounts.setRecoveryCodes(alice, to: [])
        case "confirm": #expect(try accounts.confirm(alice, by: .verified(phone)))
        default: #expect(try accounts.forget(alice) == 1)
        }
        #expect(try accounts.remembered(of: alice).isEmpty)
    }

    @Test func `What is remembered is listed, the newest first`() throws {
        try accounts.approve()
        var next = LoginCommit.approved(.oneTouch(phone), attempt: "b")
        next.remember = TrustedLogin(service: "sshd", address: "192.0.2.9", key: key.description)
        next.rememberSeconds = 600
        #expect(try accounts.commit(next, now: start + 5))
        #expect(try accounts.remembered(of: alice).map(\.login.address) == ["192.0.2.9", "192.0.2.1"])
    }
}

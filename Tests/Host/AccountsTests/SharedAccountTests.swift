import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

// swift-format-ignore: NeverForceUnwrap
private let key = KeyFingerprint("SHA256:" + String(repeating: "a", count: 43))!
// swift-format-ignore: NeverForceUnwrap
private let otherKey = KeyFingerprint("SHA256:" + String(repeating: "b", count: 43))!

struct SharedAccountTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    @Test func `People told apart by key have accounts of their own on one account of the system`() throws {
        let root = Person(name: "root", uid: 0)
        let (one, two) = (Person(name: "root", uid: 0, key: key), Person(name: "root", uid: 0, key: otherKey))
        _ = try accounts.link(one, to: phone)
        _ = try accounts.link(two, to: try #require(AuthyID(8)))
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
}

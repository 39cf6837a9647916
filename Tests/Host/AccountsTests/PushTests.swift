import Identifiers
import SQLite
import Testing

@testable import Accounts

struct PushTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    private func charge(
        _ attempt: String = "a", _ person: Person = alice, from place: String = "192.0.2.1", automatic: Bool = true,
        now: Int64 = start
    ) throws -> PushCharge {
        try accounts.chargePush(person, attempt: attempt, place: place, automatic: automatic, now: now)
    }

    @Test func `One attempt has one automatic request; the person may ask for more`() throws {
        #expect(try charge() == .granted(1))
        #expect(try charge() == .alreadySent)
        #expect(try charge(automatic: false) == .granted(2))
        #expect(try charge() == .alreadySent)
        #expect(try accounts.attempt("a", now: start) == Attempt(outcome: nil, pushed: true))
    }

    @Test func `After three that were not approved there are none for ten minutes, from anywhere`() throws {
        try accounts.endPush(try accounts.push(attempt: "a", now: start), as: .expired, now: start + 60)
        try accounts.endPush(try accounts.push(attempt: "b", now: start), as: .cancelled, now: start + 60)
        _ = try accounts.push(attempt: "c", now: start)
        #expect(try charge("d", from: "198.51.100.1") == .tooMany)
        #expect(try charge("d", from: "198.51.100.1", automatic: false) == .tooMany)
        #expect(try charge("d", bob) == .granted(4))
        #expect(try charge("d", automatic: false, now: start + 599) == .tooMany)
        #expect(try charge("d", automatic: false, now: start + 600) == .granted(5))
    }

    @Test func `Those that were approved do not count`() throws {
        for attempt in 1...5 {
            try accounts.endPush(try accounts.push(attempt: "\(attempt)", now: start), as: .approved, now: start)
        }
        #expect(try charge() == .granted(6))
    }

    @Test func `A denial stops requests of both kinds to that person from that place for five minutes`() throws {
        try accounts.endPush(
            try accounts.push(attempt: "a", place: "192.0.2.1", now: start), as: .denied, now: start + 20)
        #expect(try charge("b", now: start + 319) == .paused)
        #expect(try charge("b", automatic: false, now: start + 319) == .paused)
        #expect(try charge("b", from: "192.0.2.2", now: start + 319) == .granted(2))
        #expect(try charge("b", bob, automatic: false, now: start + 319) == .granted(3))
        #expect(try charge("c", now: start + 320) == .granted(4))
    }

    @Test func `A request that never reached the server counts for nothing`() throws {
        for _ in 1...4 {
            guard case .granted(let id) = try charge() else { throw Unexpected(what: "not granted") }
            try accounts.endPush(id, as: .failed, now: start)
        }
        #expect(try accounts.attempt("a", now: start) == nil)
    }

    @Test func `A request that has ended stays as it ended`() throws {
        let id = try accounts.push(now: start)
        try accounts.endPush(id, as: .denied, now: start)
        for end in [PushEnd.approved, .failed, .cancelled] { try accounts.endPush(id, as: end, now: start) }
        #expect(try charge("b") == .paused)
    }

    @Test func `A number is never given again, so that a late end meets nobody else's request`() throws {
        let id = try accounts.push(now: start)
        try accounts.endPush(id, as: .failed, now: start)
        #expect(try accounts.push(bob, now: start) == id + 1)
        try accounts.endPush(id, as: .denied, now: start)
        #expect(try charge("b", bob) == .granted(id + 2))
    }

    @Test func `A denial in the year to come pauses nobody today, nor do its requests count`() throws {
        for number in 1...3 {
            let id = try accounts.push(attempt: "\(number)", place: "192.0.2.\(number)", now: start + year)
            try accounts.endPush(id, as: .denied, now: start + year)
        }
        #expect(try charge("a") == .granted(4))
        #expect(try accounts.connection.all("SELECT id FROM pushes") { $0.integer(0) } == [4])
    }

    @Test func `A denial that came while the clock was a year ahead pauses nobody`() throws {
        try accounts.endPush(try accounts.push(attempt: "a", now: start), as: .denied, now: start + year)
        #expect(try charge("b", now: start + 10) == .granted(2))
    }

    @Test func `Requests of others whose clock was read a moment later count`() throws {
        for attempt in 1...3 { _ = try accounts.push(attempt: "\(attempt)", now: start + 5) }
        #expect(try charge("a") == .tooMany)
    }

    @Test func `What is over is deleted, a hundred rows with each request`() throws {
        for number in 1...250 { _ = try accounts.push(Person(name: "u\(number)", uid: 1), now: start) }
        var left: [Int64] = []
        for number in 1...3 {
            _ = try accounts.push(Person(name: "v\(number)", uid: 1), now: start + 600)
            left.append(try accounts.connection.first("SELECT count(*) FROM pushes") { $0.integer(0) ?? 0 } ?? 0)
        }
        #expect(left == [151, 52, 3])
    }

    @Test(arguments: ["", String(repeating: "x", count: 201)])
    func `A key that is none is refused`(_ key: String) {
        #expect(throws: AccountsError.self) { try charge(key) }
        #expect(throws: AccountsError.self) { try accounts.attempt(key, now: start) }
        #expect(throws: AccountsError.self) { try accounts.commit(.denied(attempt: key), now: start) }
    }
}

struct OneCodeTests {
    let place: Place
    let accounts: Accounts

    init() throws {
        place = try Place()
        accounts = try place.open()
    }

    private func charge(_ person: Person = alice, now: Int64 = start) throws -> Bool {
        try accounts.chargeOneCode(person, now: now)
    }

    @Test func `Three OneCodes are sent within ten minutes`() throws {
        #expect(try (1...5).map { _ in try charge() } == [true, true, true, false, false])
        #expect(try charge(bob))
        #expect(try !charge(now: start + 599))
        #expect(try charge(now: start + 600))
    }

    @Test func `A success makes room for more, a failure does not`() throws {
        _ = try accounts.link(alice, to: phone)
        for _ in 1...3 { _ = try charge() }
        #expect(try accounts.commit(.denied(), now: start))
        #expect(try !charge())
        #expect(try accounts.commit(.approved(.verified(phone)), now: start))
        #expect(try charge())
    }

    @Test func `OneCodes of the year to come do not count`() throws {
        for _ in 1...3 { _ = try charge(now: start + year) }
        #expect(try charge())
        #expect(try accounts.connection.all("SELECT time FROM onecodes") { $0.integer(0) } == [start])
    }
}

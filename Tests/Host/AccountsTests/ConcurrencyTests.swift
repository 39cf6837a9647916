import Foundation
import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

@Suite(.serialized) struct ConcurrencyTests {
    let place: Place

    init() throws { place = try Place() }

    @Test func `The same code in twenty simultaneous logins lets one in`() throws {
        _ = try place.open().setSoftToken(alice, to: token)
        let found = try together(20, at: place) { accounts, index in
            try accounts.commit(.approved(.softToken(token, timeStep: 7), attempt: "\(index)"), now: start)
        }
        #expect(found.count { $0 } == 1)
        #expect(try place.open().history(limit: 100).count == 1)
    }

    @Test func `Fifty simultaneous logins from fifty places with five grace logins: five get in`() throws {
        let found = try together(50, at: place) { accounts, index in
            try accounts.spendGrace(
                alice, service: "sshd", place: "192.0.2.\(index)", rules: EnrolmentRules(),
                now: start + Int64(index % 3), graceEnds: nil)
        }
        #expect(found.count { $0 == .exhausted } == 45)
        #expect(try place.open().account(of: alice).graceUsed == 5)
    }

    @Test func `Twenty simultaneous logins from one place spend one grace login`() throws {
        let found = try together(20, at: place) { accounts, index in
            try accounts.spendGrace(
                alice, service: "sshd", place: "192.0.2.1", rules: EnrolmentRules(), now: start + Int64(index % 3),
                graceEnds: nil)
        }
        #expect(found == Array(repeating: .excused(left: 4), count: 20))
        #expect(try place.open().account(of: alice).graceUsed == 1)
    }

    @Test func `Of twenty simultaneous guesses five are looked at`() throws {
        let found = try together(20, at: place) { accounts, index in
            try accounts.chargeTry(alice, rules: LockoutRules(), now: start + Int64(index % 3))
        }
        #expect(found.count { $0 == .granted } == 5)
    }

    @Test func `Of ten simultaneous requests three are sent`() throws {
        let found = try together(10, at: place) { accounts, index in
            try accounts.chargePush(
                alice, attempt: "\(index)", place: "192.0.2.\(index)", automatic: true, now: start + Int64(index % 3))
        }
        #expect(found.count { $0 != .tooMany } == 3)
    }

    @Test func `Of ten simultaneous OneCodes three are sent`() throws {
        let found = try together(10, at: place) { accounts, index in
            try accounts.chargeOneCode(alice, now: start + Int64(index % 3))
        }
        #expect(found.count { $0 } == 3)
    }

    @Test func `Twenty that find no file make one between them`() throws {
        let found = try together(20, at: place) { accounts, index in
            try accounts.commit(.denied(Person(name: "user\(index)", uid: 1), attempt: "\(index)"), now: start)
        }
        #expect(found == Array(repeating: true, count: 20))
        #expect(try place.open().history(limit: 100).count == 20)
        #expect(try place.names() == ["accounts.db", "accounts.db-shm", "accounts.db-wal"])
    }

    @Test func `Whole logins side by side, each opening and closing, lose nothing`() throws {
        let place = place
        let found = try together(8, at: place) { _, index in
            try (0..<25).map { round in
                let accounts = try place.open(busyTimeout: 30_000)
                let person = Person(name: "user\(index)", uid: 1)
                _ = try accounts.setSoftToken(person, to: token)
                _ = try accounts.chargeTry(person, rules: LockoutRules(), now: start)
                return try accounts.commit(
                    .approved(.softToken(token, timeStep: Int64(round)), of: person, attempt: "\(index)"), now: start)
            }
        }
        #expect(found.joined().allSatisfy { $0 })
        let accounts = try place.open()
        #expect(try accounts.history(limit: 1000).count == 200)
        #expect(try accounts.list().allSatisfy { $0.1.failures == 0 && $0.1.isConfirmed })
        #expect(try accounts.isSound())
    }
}

/// What only a separate process can show.
@Suite(.serialized) struct ProcessTests {
    let place: Place

    init() throws { place = try Place() }

    @Test func `The same code in six simultaneous processes lets one in`() async throws {
        _ = try place.open().setSoftToken(alice, to: token)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<6 {
                group.addTask { [path = place.path] in
                    await #expect(processExitsWith: .success) { [path = path as String, index = index as Int] in
                        _ = try Accounts.begin(path, busyTimeout: 30_000)
                            .commit(.approved(.softToken(token, timeStep: 7), attempt: "\(index)"), now: start)
                    }
                }
            }
        }
        #expect(try place.open().history(limit: 100).count == 1)
    }

    @Test func `A process that is killed within a transaction leaves what was settled before, and no lock`()
        async throws
    {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = place.path as String] in
            let accounts = try Accounts.begin(path)
            _ = try accounts.setSoftToken(alice, to: token)
            _ = try accounts.commit(.approved(.softToken(token, timeStep: 7)), now: start)
            try accounts.write(.now) {
                try accounts.connection.run("UPDATE accounts SET last_spent = NULL, confirmed = 0")
                kill(getpid(), SIGKILL)
            }
        }
        let accounts = try place.open(busyTimeout: 0)
        #expect(try accounts.isSound())
        #expect(try accounts.account(of: alice).state == .confirmed)
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: 7)), now: start))
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 8)), now: start))
    }

    @Test(arguments: [3, 30, 90]) func `A process that is killed at any moment loses nothing that was answered`(
        _ after: Int
    ) async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = place.path as String, after = after as Int] in
            let accounts = try Accounts.begin(path)
            for round in 0..<100_000 {
                if round == after { Thread.detachNewThread { kill(getpid(), SIGKILL) } }
                _ = try accounts.commit(.denied(attempt: "\(round)"), now: start)
            }
        }
        let accounts = try place.open(busyTimeout: 0)
        #expect(try accounts.isSound())
        #expect(try accounts.history(limit: 100_000).count >= after)
        #expect(try accounts.commit(.denied(), now: start))
    }

    @Test func `A process that may not make files longer is refused, and leaves a sound file`() async throws {
        _ = try place.open().setSoftToken(alice, to: token)
        await #expect(processExitsWith: .exitCode(7)) { [path = place.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 60_000, rlim_max: 60_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            do {
                let accounts = try Accounts.begin(path)
                for round in 0..<1000 { _ = try accounts.commit(.denied(attempt: "\(round)"), now: start) }
            } catch is SQLiteError {
                exit(7)
            }
        }
        let accounts = try place.open()
        #expect(try accounts.isSound())
        #expect(try accounts.softToken(of: alice) == token)
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 1)), now: start))
    }

    @Test func `A process that may not write at all makes no file and leaves none`() async throws {
        await #expect(processExitsWith: .exitCode(7)) { [path = place.path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            do { _ = try Accounts.begin(path) } catch is SQLiteError { exit(7) }
        }
        #expect(try place.names().isEmpty)
    }

    @Test func `A file that its owner can only read is refused at once`() async throws {
        do { _ = try place.open() }
        for path in [place.path, place.path + ".lock", place.folder] where geteuid() == 0 {
            try #require(chown(path, 65534, 65534) == 0)
        }
        chmod(place.path, 0o400)
        await #expect(processExitsWith: .exitCode(7)) { [path = place.path as String] in
            if geteuid() == 0 { guard setgid(65534) == 0, setuid(65534) == 0 else { exit(1) } }
            do { _ = try Accounts.begin(path) } catch let error as SQLiteError { exit(error.code == 8 ? 7 : 2) }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a file that somebody else owns"))
    func `A file of another owner is refused`() throws {
        do { _ = try place.open() }
        try #require(chown(place.path, 65534, 65534) == 0)
        #expect(throws: AccountsError.file(place.path, why: "owned by uid 65534, not 0")) { try place.open() }
    }
}

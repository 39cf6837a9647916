import Foundation
import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

// swift-format-ignore: NeverForceUnwrap
private let nightShift = KeyFingerprint("SHA256:" + String(repeating: "a", count: 43))!
// swift-format-ignore: NeverForceUnwrap
private let otherKey = KeyFingerprint("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")!
private let root = Person(name: "root", uid: 0)
private let one = Person(name: "root", uid: 0, key: nightShift)
private let two = Person(name: "root", uid: 0, key: otherKey)
private let carol = Person(name: "carol", uid: 1002)
private let dave = Person(name: "DOMAIN\\dave smith", uid: 1003)

/// Version 6 of the tables: ids, and a column for the key.
struct MigrationTests {
    let place: Place

    init() throws { place = try Place() }

    /// Checks all that is in `version5`, and that nothing else is there.
    static func expectAll(in accounts: Accounts) throws {
        #expect(try accounts.damage() == Accounts.Damage())
        #expect(try accounts.isSound())
        #expect(try accounts.connection.all("PRAGMA foreign_key_check") { $0.text(0) } == [])
        #expect(try accounts.list().map(\.0) == [dave, alice, bob, carol, root, two, one])
        try expectAccounts(in: accounts)
        try expectWhatBelongsToThem(in: accounts)
        try expectCharges(in: accounts)
        try expectHistory(in: accounts)
    }

    private static func expectAccounts(in accounts: Accounts) throws {
        let found = try accounts.account(of: alice)
        #expect(found.state == .confirmed && found.authyID == phone && found.hadAuthyID && found.recoveryLeft == 3)
        #expect(found.seen == ServerView(phone: "XXX-XXX-1118", hasApp: true, time: start))
        #expect(try accounts.softToken(of: alice)?.secret == token.secret)
        #expect(try accounts.softToken(of: alice)?.lastSpent == 60_000_000)
        #expect(try accounts.account(of: bob).graceUsed == 2)
        let away = try accounts.account(of: carol)
        #expect(away.pause?.until == start + 3_600 && away.pause?.made == start && away.pause?.reason == "new phone")
        #expect(away.optedOut == start + 1 && away.prefers == .sms)
        #expect(try accounts.account(of: dave).authyID == AuthyID(9))
        #expect(try accounts.account(of: root).state == .linked)
        #expect(try accounts.account(of: one).state == .confirmed)
        #expect(try accounts.account(of: one).authyID == AuthyID(8))
        let locked = try accounts.account(of: two)
        #expect(locked.failures == 5 && locked.lockedUntil == start + 300 && locked.wrongCodes == 5)
        #expect(
            try accounts.softToken(of: two)
                == StoredSoftToken(secret: [1, 2, 3], algorithm: "sha256", digits: 8, period: 60))
        #expect(try accounts.people(on: "root", uid: 0) == [two, one])
        #expect(try accounts.labels() == [one: "Alice of the night shift"])
    }

    private static func expectWhatBelongsToThem(in accounts: Accounts) throws {
        #expect(
            try accounts.recoveryCodes(of: alice)
                == [1, 3, 4].map { StoredRecoveryCode(id: $0, hash: "$y$j9T$salt$alice\($0 - 1)") })
        #expect(
            try accounts.recoveryCodes(of: one)
                == [5, 6].map { StoredRecoveryCode(id: $0, hash: "$y$j9T$salt$one\($0 - 5)") })
        #expect(try accounts.recoveryCodes(of: root).isEmpty)
        #expect(try accounts.connection.all("SELECT used FROM recovery WHERE id = 2") { $0.integer(0) } == [start + 1])
        let key = nightShift.description
        let near = TrustedLogin(service: "sshd", address: "192.0.2.1", key: "")
        let far = TrustedLogin(service: "sshd", address: "192.0.2.9", key: key)
        #expect(try accounts.remembered(of: alice).map(\.login) == [far, near])
        #expect(try accounts.remembered(of: alice).map(\.time) == [start + 3, start])
        #expect(try accounts.isRemembered(alice, like: near, seconds: 600, now: start))
        let theirs = TrustedLogin(service: "sshd", address: "192.0.2.3", key: key)
        #expect(try accounts.remembered(of: one).map(\.login) == [theirs])
        #expect(try accounts.isRemembered(one, like: theirs, seconds: 600, now: start + 6))
        #expect(try !accounts.isRemembered(root, like: theirs, seconds: 600, now: start + 6))
        #expect(
            try accounts.connection.all("SELECT place, time FROM grace ORDER BY place") { [$0.text(0), $0.text(1)] }
                == [["192.0.2.7", "\(start)"], ["192.0.2.8", "\(start + 4)"]])
    }

    private static func expectCharges(in accounts: Accounts) throws {
        #expect(try accounts.attempt("a3", now: start + 9) == Attempt(outcome: .approved, pushed: true))
        #expect(try accounts.attempt("nobody", now: start + 9) == Attempt(outcome: .denied, pushed: false))
        #expect(try accounts.requestLimits(of: two, now: start + 9).denied.map(\.place) == ["192.0.2.3"])
        #expect(try accounts.requestLimits(of: root, now: start + 9) == RequestLimits())
        let counts = try accounts.connection.all("SELECT name, uid, key, count(*) FROM onecodes GROUP BY 1, 2, 3") {
            "\(try Person($0).nameWithKey) \($0.integer(3) ?? 0)"
        }
        #expect(counts == ["bob 1", "\(two.nameWithKey) 2"])
    }

    private static func expectHistory(in accounts: Accounts) throws {
        let rows = try accounts.history(limit: 100)
        #expect(rows.map { $0.time - start } == [9, 6, 5, 3, 1, 0])
        #expect(
            rows.map { Person(name: $0.user, uid: $0.uid ?? .max, key: $0.key) } == [
                two, one, one, alice, alice, alice,
            ])
        #expect(rows.map(\.reason) == ["wrong-code", "code", "code", "code", "code", "code"])
        var filter = HistoryFilter()
        filter.user = "root"
        #expect(try accounts.history(filter, limit: 9).isEmpty)
        filter.key = nightShift
        #expect(try accounts.history(filter, limit: 9).map { $0.time - start } == [6, 5])
        filter.withKeys = true
        #expect(try accounts.history(filter, limit: 9).map { $0.time - start } == [9, 6, 5])
    }

    @Test func `A login takes the file of version 5 over whole, and only once`() throws {
        try place.makeVersion5()
        try Self.expectAll(in: place.login())
        #expect(try place.version() == Schema.version)
        try Self.expectAll(in: place.login())
        #expect(try Accounts.existingFile(at: place.path) == .accounts(id: version5ID))
    }

    @Test func `The file goes on as before: codes stay spent, locks hold, and factors let in`() throws {
        try place.makeVersion5()
        let accounts = try place.login()
        #expect(try !accounts.commit(.approved(.softToken(token, timeStep: 60_000_000), attempt: "b"), now: start))
        #expect(try !accounts.commit(.approved(.recovery(id: 2), attempt: "b"), now: start))
        #expect(try accounts.chargeTry(two, rules: LockoutRules(), now: start) == .locked(until: start + 300))
        #expect(try accounts.commit(.approved(.recovery(id: 5), of: one, attempt: "c"), now: start))
        #expect(try accounts.commit(.approved(.softToken(token, timeStep: 60_000_001), attempt: "d"), now: start))
        #expect(try accounts.unlink(one).after.recoveryLeft == 0)
        #expect(try accounts.damage() == Accounts.Damage())
    }

    @Test(arguments: [
        "name = 'alicf'", "uid = 5", "authy_id = 8", "authy_id = NULL", "last_spent = NULL", "confirmed = 0",
        "had_authy_id = 0", "opted_out = 1", "wrong_codes = 3", "label = 'x'", "seal = NULL", "seal = x'00'",
        "name = 'alice SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'",
    ])
    func `A row that is not as version 5 wrote it stays refused, and keeps nobody else out`(_ change: String) throws {
        try place.makeVersion5(changed: "UPDATE accounts SET \(change) WHERE name = 'alice'")
        let accounts = try place.login()
        let error = AccountsError.altered("alice", uid: 1000)
        #expect(throws: error) { try accounts.account(of: alice) }
        #expect(throws: error) { try accounts.commit(.approved(.oneTouch(phone)), now: start) }
        #expect(throws: error) { try place.open().link(alice, to: phone) }
        #expect(try accounts.damage().altered.count == 1)
        #expect(try accounts.account(of: one).state == .confirmed)
        #expect(try accounts.softToken(of: two)?.secret == [1, 2, 3])
    }

    @Test func `A row with a key that is not as version 5 wrote it stays refused, and so does a lost one`() throws {
        let rows = "WHERE name LIKE 'root SHA256:"
        try place.makeVersion5(
            changed: "UPDATE accounts SET confirmed = 0 \(rows)a%'; DELETE FROM accounts \(rows)4%'")
        let accounts = try place.login()
        for person in [one, two] {
            let error = AccountsError.altered(person.nameWithKey, uid: 0)
            #expect(throws: error) { try accounts.account(of: person) }
            #expect(throws: error) { try accounts.hasAccount(person) }
        }
        #expect(try accounts.damage().altered == [one.nameWithKey])
        #expect(try accounts.damage().lost == 1)
        #expect(try accounts.account(of: root).state == .linked)
    }

    @Test func `A backup of version 5 is restored whole, and one with a row that was changed is refused`() throws {
        try place.makeVersion5()
        let backup = try Place()
        for isThere in [true, false] {
            if !isThere { for end in ["", "-wal", "-shm"] { unlink(place.path + end) } }
            try backup.makeVersion5()
            let bytes = open(backup.path, O_RDONLY)
            defer { close(bytes) }
            let summary = try Accounts.summary(of: bytes, beside: place.path, adopts: false)
            #expect(summary.id == version5ID && summary.accounts == 7 && summary.lastLogin == start + 9)
            lseek(bytes, 0, SEEK_SET)
            let done = try Accounts.restore(
                bytes, path: place.path, digest: summary.digest, adopts: false, stamp: "x", now: start)
            #expect(done.kept == (isThere ? place.path + ".before-x" : nil))
            let accounts = try place.login()
            #expect(try accounts.damage() == Accounts.Damage())
            #expect(try accounts.list().count == 7)
            #expect(try accounts.recoveryCodes(of: one).count == 2)
            #expect(try accounts.remembered(of: one).isEmpty)
        }
        try backup.makeVersion5(changed: "UPDATE accounts SET confirmed = 0 WHERE name = 'alice'")
        let bytes = open(backup.path, O_RDONLY)
        defer { close(bytes) }
        #expect(throws: AccountsError.damaged("1 not as they were written, 0 lost")) {
            try Accounts.summary(of: bytes, beside: place.path, adopts: false)
        }
    }

    @Test func `What belongs to an account that is not there is left out, also for a name that comes back`() throws {
        try place.makeVersion5(
            changed: """
                INSERT INTO recovery (name, uid, hash) VALUES ('nobody', 7, '$y$j9T$salt$nobody');
                INSERT INTO grace VALUES ('nobody', 7, '', 1);
                INSERT INTO remembered VALUES ('nobody', 7, 'sshd', '192.0.2.1', '', 1)
                """)
        try Self.expectAll(in: place.login())
    }

    @Test func `Only a key that has its form is split from a name`() throws {
        let digest = String(repeating: "+", count: 43)
        let names = [
            "root SHA256:short", "root SHA256:\(digest)=", "SHA256:\(digest)", "rootSHA256:\(digest)", "a b",
            "root sha256:\(digest)", "root SHA256:\(digest.dropLast())ü",
        ]
        try place.write([])
        do {
            let connection = try place.raw()
            for step in Schema.migrations.prefix(2) { try connection.execute(step) }
            for name in names + ["a b SHA256:\(digest)"] {
                try connection.run("INSERT INTO accounts (name, uid) VALUES (?1, 1)", name)
            }
            try connection.execute("PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let people = try place.open().list().map(\.0)
        #expect(Set(people.filter { $0.key == nil }.map(\.name)) == Set(names))
        #expect(
            people.filter { $0.key != nil }
                == [Person(name: "a b", uid: 1, key: KeyFingerprint("SHA256:\(digest)"))])
    }

    @Test func `A file that another process writes to is waited for, and is left as it is when the time is up`() throws
    {
        try place.makeVersion5()
        let other = try place.raw()
        try other.execute("BEGIN IMMEDIATE")
        #expect { try place.login(busyTimeout: 20) } throws: { ($0 as? SQLiteError)?.code == 5 }
        try other.execute("COMMIT")
        #expect(try place.version() == 5)
        try Self.expectAll(in: place.login())
    }

    @Test func `Twelve logins at once bring the file up to date once`() throws {
        try place.makeVersion5()
        let id = version5ID
        let counts = try together(12, at: place) { accounts, _ in
            try accounts.account(of: alice).recoveryLeft
        }
        #expect(counts == Array(repeating: 3, count: 12))
        try Self.expectAll(in: Accounts(path: place.path, id: id))
    }

    @Test func `A program of version 5 that has the file open can add no row, and believes none that is there`() throws
    {
        try place.makeVersion5()
        let before = try place.raw()
        try before.run("SELECT count(*) FROM accounts")
        _ = try place.login()
        let columns = Seal.columns.split(separator: ",").prefix(27).joined(separator: ",")
        #expect(throws: SQLiteError.self) {
            try before.run("INSERT INTO accounts (name, uid) VALUES ('new', 5) ON CONFLICT DO NOTHING")
        }
        let believed = try before.all("SELECT \(columns), seal FROM accounts") {
            $0.blob(27) == Seal(id: version5ID).digest(of: $0, count: 27)
        }
        #expect(believed == Array(repeating: false, count: 7))
        for table in ["recovery", "remembered", "grace"] {
            #expect(throws: SQLiteError.self) { try before.run("SELECT 1 FROM \(table) WHERE name = 'alice'") }
        }
    }

    @Test func `A row that an index leads to by mistake is nobody else's`() throws {
        try place.makeVersion5()
        let accounts = try place.login()
        let seal = accounts.seal
        for (person, row) in [(alice, "alice"), (bob, "bob"), (alice, "bob"), (bob, "alice")] {
            let id = try accounts.connection.first(
                "SELECT \(Seal.columns), seal FROM accounts WHERE name = ?1", row
            ) { seal.id(of: $0, for: person) }
            #expect((id ?? nil != nil) == (person.name == row))
        }
    }

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
        #expect(try Accounts.existingFile(at: old.path) == .unprepared)
        let account = try old.open().account(of: alice)
        #expect(
            account.state == .confirmed && account.authyID == phone && account.hadAuthyID && account.optedOut == nil)
    }
}

import Foundation
import Identifiers
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct SealTests {
    let place: Place

    init() throws { place = try Place() }

    /// Other users, on many pages.
    private func crowd(_ count: Int = 400) throws {
        let accounts = try place.open()
        for index in 0..<count {
            let person = Person(name: "user\(index * 7919 % 10_000)", uid: 2000)
            // swift-format-ignore: NeverForceUnwrap
            _ = try accounts.link(person, to: AuthyID(Int64(index + 100))!)
        }
        _ = try accounts.link(alice, to: phone)
    }

    @Test func `Whatever is written, every row is as it was written`() throws {
        let accounts = try place.open()
        let key = KeyFingerprint("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")
        for person in [alice, bob, Person(name: "alice", uid: 1000, key: key)] {
            _ = try accounts.link(person, to: phone)
            _ = try accounts.setSoftToken(person, to: token)
            _ = try accounts.chargeTry(person, rules: LockoutRules(), now: start)
            _ = try accounts.refundTry(person, rules: LockoutRules())
            _ = try accounts.commit(
                .approved(.softToken(token, timeStep: 5), of: person, attempt: person.nameWithKey), now: start)
            _ = try accounts.setPause(person, to: FactorPause(from: start, until: start + 60, reason: "t1:x;"))
            _ = try accounts.optOut(person, now: start)
            _ = try accounts.optIn(person)
            _ = try accounts.setPreference(person, to: .sms)
            _ = try accounts.storeServerView(
                of: person, authyID: phone, ServerView(phone: "XX", hasApp: true, time: start))
            _ = try accounts.setGraceUsed(person, to: 3)
            #expect(try accounts.damage() == Accounts.Damage())
        }
        let new = Person(name: "new", uid: 7)
        _ = try accounts.spendGrace(
            new, service: "sshd", place: "", rules: EnrolmentRules(), now: start, graceEnds: nil)
        for _ in 0..<6 { _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
        _ = try accounts.lock(of: alice, rules: LockoutRules(), now: start - year)
        _ = try accounts.unlock(alice, now: start)
        _ = try accounts.unlink(bob)
        // The same name with another uid.
        #expect(try accounts.link(Person(name: "bob", uid: 5), to: phone).forgotten == [1001])
        #expect(try accounts.damage() == Accounts.Damage())
        #expect(
            try accounts.connection.first("SELECT count(*) FROM members") { $0.integer(0) }
                == Int64(accounts.list().count))
    }

    @Test(arguments: [
        "authy_id = 8", "authy_id = NULL, confirmed = 0", "confirmed = 1", "grace_used = 1", "failures = 1",
        "locked_until = 1",
        "opted_out = 1", "paused_until = 1", "paused_at = 1", "pause_reason = ''", "prefers = 'sms'",
        "had_authy_id = 0", "uid = 1001",
        "name = 'alicf'", "seal = NULL", "seal = x''", "secret = x'00', algorithm = 'sha1', digits = 6, period = 30",
        "seen_phone = 'x'", "label = 'x'", "id = 9", "key = 'SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
    ])
    func `A row that was changed by anything else is refused, and nothing makes it right again`(_ change: String) throws
    {
        let accounts = try place.open()
        _ = try accounts.link(alice, to: phone)
        try accounts.connection.execute("UPDATE accounts SET \(change)")
        let error = AccountsError.altered("alice", uid: 1000)
        #expect(throws: error) { try accounts.account(of: alice) }
        #expect(throws: error) { try accounts.softToken(of: alice) }
        #expect(throws: error) { try accounts.link(alice, to: phone) }
        #expect(throws: error) { try accounts.unlink(alice) }
        #expect(throws: error) { try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
        #expect(throws: error) { try accounts.commit(.approved(.oneTouch(phone)), now: start) }
        #expect(throws: error) {
            try accounts.spendGrace(
                alice, service: "sshd", place: "", rules: EnrolmentRules(), now: start, graceEnds: nil)
        }
        #expect(try accounts.damage().altered.count + accounts.damage().lost > 0)
        #expect(try accounts.account(of: bob) == Account())
    }

    @Test func `A row that is lost makes nobody a newcomer`() throws {
        let accounts = try place.open()
        _ = try accounts.link(alice, to: phone)
        try accounts.connection.execute("DELETE FROM accounts")
        let error = AccountsError.altered("alice", uid: 1000)
        #expect(throws: error) { try accounts.account(of: alice) }
        #expect(throws: error) { try accounts.hasAccount(alice) }
        #expect(throws: error) { try accounts.commit(.approved(.enrolled(phone)), now: start) }
        #expect(try accounts.damage().lost == 1)
    }

    @Test func `Two pages that are exchanged make nobody a newcomer, whichever they are`() throws {
        try crowd()
        do { _ = try place.raw().execute("PRAGMA wal_checkpoint(TRUNCATE)") }
        let id = try Accounts.prepare(path: place.path).id
        for end in ["-wal", "-shm"] { unlink(place.path + end) }
        let whole = try place.read()
        let pages = whole.count / 4096
        // Pages with alice's row, and with her number among the members; the others do not matter to her.
        let homes = (1..<pages).filter { page in
            let bytes = Data(whole[page * 4096..<(page + 1) * 4096])
            return bytes.range(of: Data("alice".utf8)) != nil
                || whole[page * 4096] == 0x0D && bytes.range(of: Data("CREATE".utf8)) == nil
        }
        #expect(homes.count > 2)
        var found = (refused: 0, asked: 0)
        for home in homes {
            for other in 1..<pages where other != home {
                var bytes = whole
                for index in 0..<4096 { bytes.swapAt(home * 4096 + index, other * 4096 + index) }
                try place.write(bytes)
                for end in ["-wal", "-shm"] { unlink(place.path + end) }
                do {
                    let account = try Accounts(path: place.path, id: id).account(of: alice)
                    #expect(account.authyID == phone, "pages \(home), \(other)")
                    found.asked += 1
                } catch {
                    found.refused += 1
                }
            }
        }
        #expect(found.refused > 0 && found.asked > 0)
    }

    @Test func `Accounts that are taken as they stand are sealed, once SQLite finds no fault in them`() throws {
        do { _ = try place.open().link(alice, to: phone) }
        do { try place.raw().execute("UPDATE accounts SET authy_id = 8; DELETE FROM members") }
        _ = try Accounts.adopt(path: place.path)
        #expect(try place.open().account(of: alice).authyID == AuthyID(8))
        #expect(try place.open().damage() == Accounts.Damage())
    }

    @Test func `What is sealed is listed for each version, and is the whole list for the newest one`() {
        #expect(Int(Seal.count) == Seal.columns.split(separator: ",").count)
        #expect(Seal.counts.allSatisfy { (Schema.firstSealed...Schema.version).contains($0.version) })
        #expect(Seal.counts.map(\.version) == Seal.counts.map(\.version).sorted())
    }

    @Test(arguments: [3, 4, 5] as [Int64])
    func `Accounts of an earlier version are sealed anew, as they were written`(version: Int64) throws {
        try place.makeEarlier(version: version)
        let accounts = try place.open()
        #expect(try accounts.damage() == Accounts.Damage())
        for person in [alice, bob] { #expect(try accounts.account(of: person).authyID == phone) }
    }

    @Test(arguments: [
        "authy_id = 8", "authy_id = NULL", "confirmed = 1", "grace_used = 1", "locked_until = 1", "had_authy_id = 0",
        "seen = 1", "uid = 1",
        "seal = NULL",
    ])
    func `A row that was changed by anything else stays refused when a later version comes`(_ change: String) throws {
        for version in [3, 4, 5] as [Int64] {
            let place = try Place()
            try place.makeEarlier(version: version)
            do { try place.raw().execute("UPDATE accounts SET \(change) WHERE name = 'alice'") }
            let accounts = try place.open()
            #expect(throws: AccountsError.altered("alice", uid: 1000)) { try accounts.account(of: alice) }
            #expect(try accounts.damage().altered == ["alice"])
            #expect(try accounts.account(of: bob).authyID == phone)
            #expect(throws: AccountsError.altered("alice", uid: 1000)) { try place.open().link(alice, to: phone) }
        }
    }

    @Test(arguments: [3, 4, 5] as [Int64])
    func `A row that was lost before a later version came makes nobody a newcomer`(version: Int64) throws {
        try place.makeEarlier(version: version)
        do { try place.raw().execute("DELETE FROM accounts WHERE name = 'alice'") }
        let accounts = try place.open()
        #expect(throws: AccountsError.altered("alice", uid: 1000)) { try accounts.account(of: alice) }
        #expect(try accounts.damage().lost == 1)
        #expect(try accounts.account(of: bob).authyID == phone)
    }

    @Test func `A backup of an earlier version with a row that was changed is refused`() throws {
        try place.makeEarlier(version: 4)
        do {
            try place.raw().execute(
                "UPDATE accounts SET authy_id = 8 WHERE name = 'alice'; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let backup = open(place.path, O_RDONLY)
        defer { close(backup) }
        #expect(throws: AccountsError.damaged("1 not as they were written, 0 lost")) {
            try Accounts.summary(of: backup, beside: place.path, adopts: false)
        }
    }

    @Test func `Pages in the wrong order are not taken as they stand`() throws {
        try crowd()
        do { try place.raw().execute("PRAGMA wal_checkpoint(TRUNCATE)") }
        for end in ["-wal", "-shm"] { unlink(place.path + end) }
        var bytes = try place.read()
        let leaves = (1..<bytes.count / 4096).filter { page in
            let content = Data(bytes[page * 4096..<(page + 1) * 4096])
            return content.first == 0x0D && content.range(of: Data("user1".utf8)) != nil
        }
        try #require(leaves.count > 2)
        for index in 0..<4096 { bytes.swapAt(leaves[0] * 4096 + index, leaves[2] * 4096 + index) }
        try place.write(bytes)
        #expect(throws: (any Error).self) { try Accounts.adopt(path: place.path) }
        #expect(try place.read() == bytes)
    }
}

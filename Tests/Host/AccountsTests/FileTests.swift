import Foundation
import LoginPolicy
import SQLite
import Testing

@testable import Accounts

struct FileTests {
    let place: Place

    init() throws { place = try Place() }

    private func mode(_ end: String = "") throws -> mode_t {
        var status = stat()
        try #require(lstat(place.path + end, &status) == 0)
        return status.st_mode
    }

    @Test func `A missing file is made for its owner alone, whatever the umask, and nothing else is left`() throws {
        let before = umask(0)
        defer { umask(before) }
        let accounts = try place.open()
        _ = try accounts.link(alice, to: phone)
        for end in ["", "-wal", "-shm"] { #expect(try mode(end) == S_IFREG | 0o600) }
        #expect(try place.names() == ["accounts.db", "accounts.db-shm", "accounts.db-wal"])
    }

    @Test func `A missing file is an error, and is not made by opening it`() throws {
        #expect(throws: AccountsError.lost(place.path)) { try Accounts(path: place.path, id: "0123") }
        #expect(try place.names().isEmpty)
    }

    @Test func `A missing folder is an error, also for what makes accounts`() throws {
        let path = place.folder + "/none/accounts.db"
        let error = AccountsError.missing(place.folder + "/none")
        #expect(throws: AccountsError.lost(path)) { try Accounts(path: path, id: "0123") }
        #expect(throws: error) { try Accounts.prepare(path: path) }
        #expect(throws: error) { try Accounts.adopt(path: path) }
        #expect(try Accounts.existingFile(at: path) == .nothing)
    }

    @Test(arguments: ["", "accounts.db", "./accounts.db", "file:/tmp/accounts.db", "/tmp/a\0.db"])
    func `A path that does not start at the root is refused`(_ path: String) {
        #expect(throws: AccountsError.self) { try Accounts.prepare(path: path) }
    }

    @Test func `What was written is there for the next one that opens`() throws {
        _ = try place.open().link(alice, to: phone)
        #expect(try place.open().account(of: alice).authyID == phone)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644] as [mode_t])
    func `A file that others may use is an error`(_ mode: mode_t) throws {
        _ = try place.open()
        chmod(place.path, mode)
        #expect(throws: AccountsError.self) { try place.open() }
    }

    @Test(arguments: [0o777, 0o720, 0o702] as [mode_t])
    func `A folder that others may change is an error`(_ mode: mode_t) throws {
        chmod(place.folder, mode)
        #expect(throws: AccountsError.file(place.folder, why: "others may change it")) { try place.open() }
    }

    @Test func `A file that is a directory is an error`() throws {
        mkdir(place.path, 0o700)
        #expect(throws: AccountsError.file(place.path, why: "not a regular file")) { try place.open() }
    }

    @Test func `A file that is a symlink is an error, also one that points nowhere`() throws {
        let other = try Place()
        _ = try other.open()
        symlink(other.path, place.path)
        #expect(throws: AccountsError.file(place.path, why: "not a regular file")) { try place.open() }
        unlink(place.path)
        symlink("/nowhere", place.path)
        #expect(throws: AccountsError.file(place.path, why: "not a regular file")) { try place.open() }
    }

    @Test func `A symlink on the way to the folder is no error`() throws {
        symlink(place.folder, place.folder + "/link")
        #expect(try Accounts.begin(place.folder + "/link/accounts.db").list().isEmpty)
    }

    @Test func `An empty file is damage, and stays as it is`() throws {
        try place.write([])
        #expect(throws: AccountsError.damaged("\(place.path) is empty")) { try place.open() }
        #expect(try place.read().isEmpty)
    }

    @Test func `A file that is no database is an error, and stays as it is`() throws {
        let text = Array(String(repeating: "no database ", count: 1000).utf8)
        try place.write(text)
        #expect { try place.open() } throws: { ($0 as? SQLiteError)?.code == 26 }
        #expect(try place.read() == text)
    }

    @Test func `A database of somebody else is an error`() throws {
        try place.write([])
        do { try place.raw().execute("CREATE TABLE theirs (x)") }
        #expect(throws: AccountsError.damaged("the file is not of Countersign")) { try place.open() }
    }

    @Test func `A page that was overwritten is an error when it is needed, and no account is made in its place`() throws
    {
        do { _ = try place.open().link(alice, to: phone) }
        let page = try #require(
            try place.raw().first("SELECT rootpage FROM sqlite_schema WHERE name = 'accounts'") {
                Int($0.integer(0) ?? 0)
            })
        #expect(try place.names() == ["accounts.db"])
        var bytes = try place.read()
        for index in (page - 1) * 4096..<page * 4096 { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        try place.write(bytes)
        let accounts = try place.open()
        #expect { try accounts.account(of: alice) } throws: { ($0 as? SQLiteError)?.code == 11 }
        #expect(throws: SQLiteError.self) { try accounts.commit(.approved(.oneTouch(phone)), now: start) }
        #expect(throws: SQLiteError.self) { try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
    }

    @Test func `A file that was cut is an error`() throws {
        do { _ = try place.open().link(alice, to: phone) }
        do { _ = try place.raw() }
        try place.write(Array(try place.read().prefix(4096)))
        #expect { try place.open().account(of: alice) } throws: { ($0 as? SQLiteError)?.code == 11 }
    }

    @Test func `A log without its database is damage: nothing new is made beside it`() throws {
        do { _ = try place.open().link(alice, to: phone) }
        #expect(unlink(place.path) == 0)
        #expect(throws: AccountsError.damaged("\(place.path)-wal is there without \(place.path)")) { try place.open() }
        #expect(try place.names() == ["accounts.db-shm", "accounts.db-wal"])
    }

    @Test func `What killed ones left is removed with the next one that makes accounts, and nothing else is`() throws {
        let left = ["accounts.db.Ab12Cd", "accounts.db.Ab12Cd-wal", "accounts.db.000000-shm"]
        let kept = ["accounts.db.bak", "accounts.db.before-2026", "accounts.db.Ab12Cd.old", "other.db.Ab12Cd"]
        for name in left + kept {
            try #require(FileManager.default.createFile(atPath: "\(place.folder)/\(name)", contents: nil))
        }
        #expect(try Accounts.prepare(path: place.path).id == Accounts.prepare(path: place.path).id)
        #expect(try place.names() == (["accounts.db", "accounts.db-shm", "accounts.db-wal"] + kept).sorted())
    }

    @Test func `Accounts with another id are not opened`() throws {
        let id = try Accounts.prepare(path: place.path).id
        let other = String(repeating: "0", count: 32)
        #expect(throws: AccountsError.other(place.path, id: id)) { try Accounts(path: place.path, id: other) }
        #expect(try Accounts.existingFile(at: place.path) == .accounts(id: id))
    }

    @Test func `A file of a later version is an error, and stays as it is`() throws {
        do { _ = try place.open() }
        do { try place.raw().execute("PRAGMA user_version = 99") }
        #expect(throws: AccountsError.newer(version: 99, known: Schema.version)) { try place.open() }
        #expect(try place.raw().first("PRAGMA user_version") { $0.integer(0) } == 99)
    }

    @Test func `A negative version is no version`() throws {
        do { _ = try place.open() }
        do { try place.raw().execute("PRAGMA user_version = -1") }
        #expect(throws: AccountsError.self) { try place.open() }
    }

    @Test func `Another's write lock is waited for, and beyond the busy timeout it is an error that left nothing`()
        throws
    {
        let accounts = try place.open(busyTimeout: 20)
        let other = try place.raw()
        try other.execute("BEGIN IMMEDIATE")
        #expect { try accounts.link(alice, to: phone) } throws: { ($0 as? SQLiteError)?.code == 5 }
        #expect { try accounts.commit(.denied(), now: start) } throws: { ($0 as? SQLiteError)?.code == 5 }
        #expect(try accounts.account(of: alice) == Account())
        try other.execute("COMMIT")
        #expect(try accounts.link(alice, to: phone).after.authyID == phone)
    }

    @Test func `A full database is an error that left nothing, and accounts are read as before`() throws {
        let accounts = try place.open()
        _ = try accounts.setSoftToken(alice, to: token)
        let pages = try accounts.connection.first("PRAGMA page_count") { $0.integer(0) ?? 0 } ?? 0
        try accounts.connection.execute("PRAGMA max_page_count = \(pages)")
        var settled = 0
        let error = #expect(throws: SQLiteError.self) {
            for _ in 0..<10_000 where try accounts.commit(.denied(attempt: "\(settled)"), now: start) { settled += 1 }
        }
        #expect(error?.code == 13)
        #expect(try accounts.history(limit: 10_000).count == settled)
        #expect(try accounts.attempt("\(settled)", now: start) == nil)
        #expect(try accounts.softToken(of: alice) == token)
        #expect(try accounts.isSound())
    }

    @Test func `No method leaves a transaction open, also not one that failed`() throws {
        let accounts = try place.open()
        #expect(throws: SQLiteError.self) { try accounts.setSoftToken(alice, to: StoredSoftToken(secret: [])) }
        #expect(throws: (any Error).self) { try accounts.commit(.denied(attempt: ""), now: start) }
        #expect(try accounts.link(alice, to: phone).before == Account())
    }

    @Test func `The log stays short, also when every process commits once`() throws {
        for number in 0..<400 { #expect(try place.open().commit(.denied(nil, attempt: "\(number)"), now: start)) }
        var status = stat()
        try #require(stat(place.path + "-wal", &status) == 0)
        #expect(status.st_size <= 300 * 4120)
        #expect(try place.open().attempt("399", now: start)?.outcome == .denied)
    }
}

struct LoginPathTests {
    /// Runs everything that a login may do, and returns the SQL of it.
    private func login(_ accounts: Accounts) throws -> Set<String> {
        var seen: Set<String> = []
        accounts.connection.trace = { seen.insert($0) }
        defer { accounts.connection.trace = nil }
        _ = try accounts.attempt("attempt", now: start)
        _ = try accounts.account(of: alice)
        _ = try accounts.softToken(of: alice)
        _ = try accounts.spendGrace(
            alice, service: "sshd", place: "", rules: EnrolmentRules(), now: start, graceEnds: nil)
        let push = try accounts.push(now: start)
        try accounts.endPush(push, as: .expired, now: start)
        try accounts.endPush(try accounts.push(now: start), as: .failed, now: start)
        _ = try accounts.chargeOneCode(alice, now: start)
        for _ in 1...6 { _ = try accounts.chargeTry(alice, rules: LockoutRules(), now: start) }
        _ = try accounts.lock(of: alice, rules: LockoutRules(), now: start - year)
        for proof in [LoginCommit.Proof.softToken(token, timeStep: 1), .oneTouch(phone), .verified(phone)] {
            _ = try accounts.commit(.approved(proof, push: .init(id: push, end: .approved)), now: start)
        }
        _ = try accounts.people(on: "alice", uid: 1000)
        _ = try accounts.setRecoveryCodes(alice, to: ["$y$j9T$salt$digest"])
        let codes = try accounts.recoveryCodes(of: alice)
        let office = TrustedLogin(service: "sshd", address: "192.0.2.1", key: "")
        for proof in codes.map({ LoginCommit.Proof.recovery(id: $0.id) }) + [.enrolled(phone), .oneTouch(phone)] {
            var commit = LoginCommit.approved(proof)
            (commit.remember, commit.rememberSeconds) = (office, 60)
            _ = try accounts.commit(commit, now: start)
        }
        _ = try accounts.isRemembered(alice, like: office, seconds: 60, now: start)
        var optingOut = LoginCommit(
            person: alice, attempt: "b", outcome: .excused, reason: "opted_out", service: "sshd")
        optingOut.optsOut = true
        _ = try accounts.commit(optingOut, now: start)
        _ = try accounts.commit(.denied(), now: start)
        return seen
    }

    @Test func `No statement of a login looks through a table`() throws {
        let place = try Place()
        let accounts = try place.open()
        _ = try accounts.link(alice, to: phone)
        _ = try accounts.setSoftToken(alice, to: token)
        let statements = try login(accounts).filter { sql in
            ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) }
        }
        #expect(statements.count > 15)
        for sql in statements {
            // A plan does not depend on the values.
            let plan = try accounts.plan(of: sql)
            #expect(plan.filter { $0.contains("SCAN") && $0 != "SCAN CONSTANT ROW" } == [], "\(sql)")
        }
        #expect(
            try accounts.plan(of: "SELECT * FROM accounts WHERE grace_used = 1").contains {
                $0.hasPrefix("SCAN accounts")
            })
    }
}

extension Accounts {
    fileprivate func plan(of sql: String) throws -> [String] {
        var literal = sql
        for number in (1...12).reversed() { literal = literal.replacingOccurrences(of: "?\(number)", with: "'1'") }
        return try connection.all("EXPLAIN QUERY PLAN \(literal)") { $0.text(3) ?? "" }
    }
}

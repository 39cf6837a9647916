import Foundation
import Identifiers
import SQLite
import Synchronization
import Testing

@testable import Accounts

/// A temporary directory with the path of a database in it, removed with the last reference.
final class Place: Sendable {
    let folder: String
    var path: String { folder + "/accounts.db" }

    init() throws {
        var template = Array("/tmp/countersign-accounts.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Opens the accounts, and creates them if necessary.
    func open(busyTimeout: Int32 = 5000) throws -> Accounts { try Accounts.begin(path, busyTimeout: busyTimeout) }

    /// A plain SQLite connection.
    func raw() throws -> Connection { try Connection(path: path) }

    func write(_ bytes: [UInt8], to end: String = "", mode: mode_t = 0o600) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + end))
        try #require(chmod(path + end, mode) == 0)
    }

    func read(_ end: String = "") throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path + end))) }

    /// What is in the folder, but for the lock of those that make accounts, which stays.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "accounts.db.lock" }.sorted()
    }
}

let alice = Person(name: "alice", uid: 1000)
let bob = Person(name: "bob", uid: 1001)
let start: Int64 = 1_800_000_000
let year: Int64 = 365 * 86_400
// swift-format-ignore: NeverForceUnwrap
let phone = AuthyID(7)!
let office = TrustedLogin(service: "sshd", address: "192.0.2.1", key: "")
let token = StoredSoftToken(secret: Array("12345678901234567890".utf8))

/// Starts `count` threads at the same moment, each with a connection of its own, and returns their results.
func together<T: Sendable>(_ count: Int, at place: Place, _ body: @escaping @Sendable (Accounts, Int) throws -> T)
    throws -> [T]
{
    let results = Mutex<[Result<T, any Error>]>([])
    let ready = DispatchGroup()
    let done = DispatchGroup()
    let go = DispatchSemaphore(value: 0)
    for index in 0..<count {
        ready.enter()
        done.enter()
        Thread.detachNewThread {
            let accounts = Result { try Unshared(place.open(busyTimeout: 30_000)) }
            ready.leave()
            go.wait()
            let result = accounts.flatMap { accounts in Result { try body(accounts.value, index) } }
            results.withLock { $0.append(result) }
            done.leave()
        }
    }
    ready.wait()
    for _ in 0..<count { go.signal() }
    done.wait()
    return try results.withLock { $0 }.map { try $0.get() }
}

/// A value that stays in the thread that made it.
struct Unshared<T>: @unchecked Sendable {
    let value: T
    init(_ value: T) { self.value = value }
}

extension LoginCommit {
    static func approved(
        _ proof: Proof, of person: Person = alice, attempt: String = "attempt", push: Push? = nil
    ) -> LoginCommit {
        LoginCommit(
            person: person, attempt: attempt, outcome: .approved, proof: proof, push: push, reason: "code",
            factor: .softToken,
            service: "sshd", rhost: "client.example.com", address: "192.0.2.1")
    }

    static func denied(_ person: Person? = alice, attempt: String = "attempt", proof: Proof? = nil, push: Push? = nil)
        -> LoginCommit
    {
        LoginCommit(
            person: person, attempt: attempt, outcome: .denied, proof: proof, push: push, reason: "wrong-code",
            service: "sshd")
    }
}

extension Accounts.Preparation {
    var id: String {
        switch self {
        case .made(let id), .adopted(let id), .found(let id): id
        }
    }
}

extension Accounts {
    static func begin(_ path: String, busyTimeout: Int32 = 5000) throws -> Accounts {
        try Accounts(path: path, id: try prepare(path: path).id, busyTimeout: busyTimeout)
    }

    /// An approval request that must be valid.
    func push(_ person: Person = alice, attempt: String = "attempt", place: String = "192.0.2.1", now: Int64) throws
        -> Int64
    {
        let charge = try chargePush(person, attempt: attempt, place: place, automatic: false, now: now)
        guard case .granted(let id) = charge else { throw Unexpected(what: "\(charge)") }
        return id
    }

    /// Links the phone and approves a login on it, which is remembered.
    func approve(
        _ person: Person = alice, remember: TrustedLogin? = office, seconds: Int = 600, now: Int64 = start
    ) throws {
        _ = try link(person, to: phone)
        var login = LoginCommit.approved(.oneTouch(phone), of: person)
        login.remember = remember
        login.rememberSeconds = seconds
        #expect(try commit(login, now: now))
    }

    func isSound() throws -> Bool { try connection.all("PRAGMA integrity_check") { $0.text(0) } == ["ok"] }
}

struct Unexpected: Error { let what: String }

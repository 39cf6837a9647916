import AuthyService
import AuthyWire
import Crypto
import Encoding
import class Foundation.FileManager
import Glibc
import Identifiers
import Logging
import Records
import ServerSettings
import Synchronization
import Testing
import Vault

/// A wall clock that tests set.
private final class Day: Sendable {
    let now = Mutex<Int64>(1_800_000_000)
    func set(to time: Int64) { now.withLock { $0 = time } }
}

private struct Nothing: Outbox {
    func canSend(_: OneCode.Kind) -> Bool { false }
    func send(_: OneCode) async -> Bool { false }
    func mayPush(to _: String) -> Bool { false }
    func notify(_: Notification) {}
    func deliverCallbacks() {}
}

/// Records where one read fails, after a number of others.
private struct Failing: RecordStore {
    let store: any RecordStore
    let left = Left()

    final class Left: Sendable { let count = Mutex(Int.max) }

    func read<T: Sendable>(_ body: @Sendable (any RecordReading) throws -> T) async throws -> T {
        let isFailing = left.count.withLock { count in
            count -= 1
            return count == -1
        }
        if isFailing { throw RecordStoreError.closed }
        return try await store.read(body)
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any RecordWriting) throws -> T) async throws -> T {
        try await store.write(body)
    }
    func backUp(to path: String) async throws { try await store.backUp(to: path) }
}

/// A service on records of its own, with a request that waits for its phone.
private final class Place {
    let folder: String
    let day = Day()
    let waiters = WaiterRegistry { 50 }
    let store: Failing
    let service: APIService
    let caller: AuthenticatedApplication
    let request: String
    private static let device = "00000000-0000-4000-8000-000000000001"
    private let key = P256.Signing.PrivateKey()

    init() async throws {
        var template = Array("/tmp/countersign-service.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        store = Failing(store: try SQLiteRecordStore(path: folder + "/records.db", create: true))
        service = APIService(
            store: store, vault: try Vault.create(masterKey: MasterKey()).vault, settings: ServiceSettings(),
            waiters: waiters,
            outbox: Nothing(),
            log: Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }, now: { [day] in day.now.withLock { $0 } })
        caller = try await service.caller(key: try await service.createApplication("Example", callback: nil).key)
        var parameters = Parameters()
        parameters.merge(
            FormText.members("user[email]=a@b.cc&user[cellphone]=5551230001&user[country_code]=1".utf8) ?? [])
        _ = try await service.newUser(by: caller, parameters)
        let user = try #require(try await store.read { try $0.users(after: 0, limit: 1).first }).id
        var phone = Device(
            id: Self.device, user: user, publicKey: Array(key.publicKey.x963Representation), name: "a", osType: "other",
            created: 1,
            address: "")
        phone.confirmed = 1
        try await store.write { [phone] records in
            try records.put(phone)
            for var member in try records.members(of: user) {
                member.consented = 1
                try records.put(member)
            }
        }
        var wish = Parameters()
        wish.merge([.init("message", .text("Log in?")), .init("seconds_to_expire", .text("0"))])
        _ = try await service.createApproval(for: "\(user)", by: caller, wish)
        request = try #require(try await store.read { try $0.pendingApprovals(of: user, at: 1).first }).id.description
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The phone, authenticated by a signed call.
    func phone() async throws -> Phone {
        let time = day.now.withLock { $0 }
        let hash = Base64URL.encode(Array(SHA256.hash(data: [])))
        let signature = try key.signature(for: Array("countersign-call-1\nGET\nstate\n\(time)\n\(hash)".utf8))
            .rawRepresentation
        return try await service.phone(
            authorization: "Countersign \(Self.device).\(time).\(Base64URL.encode(Array(signature)))", method: "GET",
            path: "state",
            body: [])
    }

    /// Reads with a wait of this many seconds, from the fiftieth on.
    ///
    /// `meanwhile` is called each time the read waits, with the number of waits; then there is news, so that it waits
    /// again unless its time is over.
    func read(wait seconds: Int64, meanwhile: @escaping @Sendable (Int) -> Void) async throws -> Int {
        let times = Mutex(0)
        let id = try #require(ApprovalRequestID(request))
        _ = try await service.readApproval(request, by: caller, wait: seconds) { [waiters] _ in
            meanwhile(
                times.withLock { times in
                    times += 1
                    return times
                })
            waiters.wake(.approval(id))
        }
        return times.withLock { $0 }
    }
}

struct WaitTests {
    @Test func `a clock that is set back makes no wait longer`() async throws {
        let place = try await Place()
        let times = try await place.read(wait: 10) { [day = place.day, waiters = place.waiters] times in
            day.set(to: 1_000)
            // A third time is one too many, and ends the wait.
            waiters.sweep(at: times == 1 ? 59 : times == 2 ? 60 : .max)
        }
        #expect(times == 2)
        #expect(place.waiters.count == 0)
    }

    @Test func `nobody waits longer than a minute, whatever was asked for`() async throws {
        let place = try await Place()
        let times = try await place.read(wait: 1_000) { [waiters = place.waiters] times in
            waiters.sweep(at: times == 1 ? 109 : times == 2 ? 110 : .max)
        }
        #expect(times == 2)
    }

    @Test func `a wait that fails before it began is none`() async throws {
        let place = try await Place()
        let phone = try await place.phone()
        let state = try await place.service.state(of: phone, seen: nil, wait: 0) { _ in }
        let revision = try #require(state.body.split(separator: "\"").dropFirst(3).first)
        for _ in 0...WaiterRegistry.most {
            place.store.left.count.withLock { $0 = 1 }
            await #expect(throws: RecordStoreError.closed) { try await place.read(wait: 10) { _ in } }
            place.store.left.count.withLock { $0 = 1 }
            await #expect(throws: RecordStoreError.closed) {
                try await place.service.state(of: phone, seen: String(revision), wait: 10) { _ in }
            }
        }
        #expect(place.waiters.count == 0)
    }
}

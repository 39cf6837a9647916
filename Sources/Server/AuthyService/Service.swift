internal import AuthyWire
internal import Identifiers
public import Logging
public import Records
public import ServerSettings
public import Vault
internal import Crypto
internal import Synchronization

/// What the calls of the API do, without HTTP. Time and randomness are parameters.
public struct AuthyService: Sendable {
    public let store: any RecordStore
    public let vault: Vault
    public let settings: ServerSettings
    public let hub: Hub
    public let outbox: any Outbox
    public let log: Logger
    /// For what clients cause.
    public let sparingLog: SparingLog
    /// Unix time in seconds.
    public let now: @Sendable () -> Int64
    private let limitClock: LimitClock?
    let pace: Pace

    /// - Parameter limitClock: nil where `now` is never set.
    public init(
        store: any RecordStore, vault: Vault, settings: ServerSettings, hub: Hub, outbox: any Outbox, log: Logger,
        limitClock: LimitClock? = nil, now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.vault = vault
        self.settings = settings
        self.hub = hub
        self.outbox = outbox
        self.log = log
        sparingLog = SparingLog(log)
        self.now = now
        self.limitClock = limitClock
        pace = Pace(settings.limits)
    }

    /// The time of what counts towards limits, in seconds: nobody sets it.
    public func limitTime() -> Int64 { limitClock?.now() ?? now() }

    /// The application behind a key.
    public func caller(key: String?) async throws -> Caller {
        guard let key, (8...128).contains(key.utf8.count) else { throw Refusal.key }
        let hash = Array(SHA256.hash(data: Array(key.utf8)))
        let now = now()
        guard let (application, _) = try await store.read({ try $0.application(keyHash: hash, at: now) }) else {
            throw Refusal.key
        }
        if let retryAfter = pace.call(application.id, at: limitTime()) {
            sparingLog.warn(
                "too_many_requests", about: "all \(application.id)",
                ["application": "\(application.id)", "call": "all"], at: limitTime())
            throw Refusal.tooMany(retryAfter: retryAfter)
        }
        return Caller(application, hash)
    }

    /// Writes down how late it is by the clock of limits, for the next start.
    public func keepLimitClock() async throws { try await limitClock?.keep(in: store) }

    /// Sees whether a write is possible, by writing.
    /// - Throws: `RecordStoreError`, if it is not.
    public func tryWriting() async throws {
        try await store.write { try $0.setValue("write_tried", to: Random.bytes(8)) }
    }

    /// A member's record, or the refusal that Authy's clients know.
    func member(_ user: AuthyID?, of caller: Caller, in records: any RecordReading) throws -> Member {
        guard let user, let member = try records.member(application: caller.id, user: user) else {
            throw Refusal.userNotFound
        }
        return member
    }

    func contact(of user: User) throws -> Contact { try Contact(sealed: user.contact, of: user.id, in: vault) }
}

/// An application that has shown its key. There is no other way to make one.
public struct Caller: Sendable {
    let application: Application
    let keyHash: [UInt8]
    public var id: Int64 { application.id }

    fileprivate init(_ application: Application, _ keyHash: [UInt8]) {
        self.application = application
        self.keyHash = keyHash
    }
}

/// How often applications may call. It is kept in memory: a new start forgets a second of it.
final class Pace: Sendable {
    private let limits: ServerSettings.Limits
    private let calls = Mutex<[Int64: Count]>([:])

    init(_ limits: ServerSettings.Limits) { self.limits = limits }

    /// Counts a call; the seconds to wait where it is one too many.
    func call(_ application: Int64, at now: Int64) -> Int64? {
        guard limits.callsPerSecond > 0 else { return nil }
        return calls.withLock { calls in
            var count = calls[application, default: Count()].within(1, at: now)
            count.times += 1
            calls[application] = count
            return count.times > limits.callsPerSecond ? 1 : nil
        }
    }
}

/// Seconds.
enum Span {
    static let tenMinutes: Int64 = 600
    static let day: Int64 = 86_400
}

extension Count {
    /// The count of this span, begun anew where the old one is over. One that lies in the future, since a clock went back, goes on from now.
    func within(_ seconds: Int64, at now: Int64) -> Count {
        if since > now { return Count(since: now, times: times) }
        return now - since < seconds ? self : Count(since: now, times: 0)
    }

    /// The seconds until there is room again; nil where there is.
    func wait(_ seconds: Int64, limit: Int64, at now: Int64) -> Int64? {
        let count = within(seconds, at: now)
        return count.times >= limit ? max(1, count.since + seconds - now) : nil
    }

    /// - Parameter price: how many times it counts.
    mutating func add(_ seconds: Int64, at now: Int64, price: Int64 = 1) {
        self = within(seconds, at: now)
        times += price
    }
}

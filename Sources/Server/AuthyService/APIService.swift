internal import AuthyWire
internal import Crypto
internal import Identifiers
public import Logging
public import Records
public import ServerSettings
internal import Synchronization
public import Vault

/// The calls of the API without HTTP; time and delivery are parameters.
public struct APIService: Sendable {
    /// Where everything is stored.
    public let store: any RecordStore
    /// Seals the secrets in the store.
    public let vault: Vault
    /// The settings of the server.
    public let settings: ServiceSettings
    /// The waiting calls.
    public let waiters: WaiterRegistry
    /// Delivers codes, notifications and callbacks.
    public let outbox: any Outbox
    /// The log.
    public let log: Logger
    /// The log for events that clients can cause as often as they like.
    public let rateLimitedLog: RateLimitedLog
    /// What is counted for Prometheus.
    public let metrics = Metrics()
    /// Returns the wall clock as Unix time in seconds.
    public let now: @Sendable () -> Int64
    private let limitClock: LimitClock?
    let rateLimiter: RateLimiter
    let joinLimiter = JoinLimiter()

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where everything is stored.
    ///   - vault: Seals the secrets in the store.
    ///   - settings: The settings of the server.
    ///   - waiters: The waiting calls.
    ///   - outbox: Delivers codes, notifications and callbacks.
    ///   - log: The log.
    ///   - limitClock: The clock of the limits; nil to use `now`, if that never jumps.
    ///   - now: Returns the wall clock as Unix time in seconds.
    public init(
        store: any RecordStore, vault: Vault, settings: ServiceSettings, waiters: WaiterRegistry,
        outbox: any Outbox,
        log: Logger,
        limitClock: LimitClock? = nil, now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.vault = vault
        self.settings = settings
        self.waiters = waiters
        self.outbox = outbox
        self.log = log
        rateLimitedLog = RateLimitedLog(log)
        self.now = now
        self.limitClock = limitClock
        rateLimiter = RateLimiter(settings.limits)
    }

    /// Returns the time of the limits in seconds; changes of the wall clock do not affect it.
    public func limitTime() -> Int64 { limitClock?.now() ?? now() }

    /// Finds the application of an API key, and counts the call.
    ///
    /// - Parameter key: The key; nil if the request has none.
    /// - Returns: The application.
    /// - Throws: `APIError` if the key is missing or invalid, or the application calls too often; `RecordStoreError` if
    ///   the records cannot be read.
    public func caller(key: String?) async throws -> AuthenticatedApplication {
        guard let key, (8...128).contains(key.utf8.count) else { throw APIError.key }
        let hash = Array(SHA256.hash(data: Array(key.utf8)))
        let now = now()
        guard let (application, _) = try await store.read({ try $0.application(keyHash: hash, at: now) }) else {
            throw APIError.key
        }
        if let retryAfter = rateLimiter.countCall(of: application.id, at: limitTime()) {
            rateLimitedLog.warn(
                "too_many_requests", about: "all \(application.id)",
                metadata: ["application": "\(application.id)", "call": "all"], at: limitTime())
            throw APIError.tooMany(retryAfter: retryAfter)
        }
        return AuthenticatedApplication(application, hash)
    }

    /// Stores the time of the limits for the next start.
    ///
    /// - Throws: `RecordStoreError` if the server cannot store it.
    public func keepLimitClock() async throws { try await limitClock?.keep(in: store) }

    /// Checks that the store can be written, by writing to it.
    ///
    /// - Throws: `RecordStoreError` if it cannot.
    public func tryWriting() async throws {
        try await store.write { try $0.setValue("write_tried", to: Random.bytes(8)) }
    }

    /// Returns a member's record; throws the error that Authy's clients know if there is none.
    func member(_ user: AuthyID?, of caller: AuthenticatedApplication, in records: any RecordReading) throws -> Member {
        guard let user, let member = try records.member(application: caller.id, user: user) else {
            throw APIError.userNotFound
        }
        return member
    }

    func contact(of user: User) throws -> Contact { try Contact(sealed: user.contact, of: user.id, in: vault) }
}

/// An application that has shown a valid key; only `APIService.caller(key:)` makes one.
public struct AuthenticatedApplication: Sendable {
    let application: Application
    let keyHash: [UInt8]
    /// The id of the application.
    public var id: Int64 { application.id }

    fileprivate init(_ application: Application, _ keyHash: [UInt8]) {
        self.application = application
        self.keyHash = keyHash
    }
}

/// Limits the calls of each application.
///
/// The counts are kept in memory: a restart forgets one second of them.
final class RateLimiter: Sendable {
    private let limits: ServiceSettings.Limits
    private let calls = Mutex<[Int64: WindowCounter]>([:])

    init(_ limits: ServiceSettings.Limits) { self.limits = limits }

    /// Counts a call; returns the seconds to wait if it is one too many, else nil.
    func countCall(of application: Int64, at now: Int64) -> Int64? {
        guard limits.callsPerSecond > 0 else { return nil }
        return calls.withLock { calls in
            var count = calls[application, default: WindowCounter()].within(1, at: now)
            count.times += 1
            calls[application] = count
            return if count.times > limits.callsPerSecond { 1 } else { nil }
        }
    }
}

/// Lengths of time, in seconds.
enum Interval {
    static let tenMinutes: Int64 = 600
    static let day: Int64 = 86_400
}

extension WindowCounter {
    /// Returns the count of the current period; a new one if the old period is over.
    ///
    /// A count that began in the future, because a clock was set back, continues from now.
    func within(_ seconds: Int64, at now: Int64) -> WindowCounter {
        if since > now { return WindowCounter(since: now, times: times) }
        return if now - since < seconds { self } else { WindowCounter(since: now, times: 0) }
    }

    /// Returns the seconds until the limit allows one more; nil if it does already.
    func wait(_ seconds: Int64, limit: Int64, at now: Int64) -> Int64? {
        let count = within(seconds, at: now)
        return if count.times >= limit { max(1, count.since + seconds - now) } else { nil }
    }

    /// Counts one event.
    ///
    /// - Parameters:
    ///   - seconds: The length of the period.
    ///   - now: The time of the limits, in seconds.
    ///   - price: How many times the event counts.
    mutating func add(_ seconds: Int64, at now: Int64, price: Int64 = 1) {
        self = within(seconds, at: now)
        times += price
    }
}

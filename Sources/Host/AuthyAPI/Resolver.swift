internal import Glibc
internal import Synchronization

/// Looks up the addresses of one host.
///
/// getaddrinfo(3) has no timeout, and if it looks up both families in one call, a name server that is silent about one
/// of them delays the other. So each family is looked up in a thread of its own; a thread without an answer is left
/// alone, and ends when getaddrinfo does.
final class Resolver {
    enum Outcome: Equatable {
        /// Numeric, IPv6 first.
        case addresses([String])
        /// `isOurs` is set if this host lacks something, which says nothing about the network.
        case failed(String, isOurs: Bool)
        /// `until` is when to ask again, if no lookup ends before.
        case pending(until: Int64?)
    }

    /// Milliseconds for which addresses are used without another lookup.
    private static let lifetime: Int64 = 60_000
    /// Milliseconds to wait for the slower family (RFC 8305, section 3).
    private static let resolutionDelay: Int64 = 50
    private static let families = [AF_INET6, AF_INET]
    /// The most addresses of one family that are tried.
    private static let limit = 8

    private let host: String
    private let wake: @Sendable () -> Void
    private var lookups: [Lookup] = []
    private var known: (addresses: [String], until: Int64)?
    /// When the first address was found.
    private var foundAt: Int64?

    /// Starts no lookup yet; `wake` is called from another thread whenever a lookup ends.
    init(host: String, wake: @escaping @Sendable () -> Void) {
        self.host = host
        self.wake = wake
    }

    /// Starts the lookups, unless the addresses are known.
    ///
    /// A running lookup is used again.
    func begin(at now: Int64) {
        if let known, now < known.until { return }
        known = nil
        foundAt = nil
        let running = lookups.filter(\.isRunning)
        lookups = Self.families.map { family in
            running.first { $0.family == family }
                ?? Lookup.start(host: host, family: family, limit: Self.limit, wake: wake)
        }
    }

    func outcome(at now: Int64) -> Outcome {
        if let known { return .addresses(known.addresses) }
        let results = lookups.map(\.result)
        let addresses = results.flatMap { $0?.addresses ?? [] }
        let isComplete = !results.contains { $0 == nil }
        guard !addresses.isEmpty else {
            guard isComplete else { return .pending(until: nil) }
            // A family that was not found, while nothing was lacking here, counts as none.
            let failures = results.compactMap { $0?.failure }
            let failure = failures.first(where: \.isOurs) ?? failures.first
            return .failed(failure?.reason ?? "no address", isOurs: failure?.isOurs ?? false)
        }
        let due = (foundAt ?? now) + Self.resolutionDelay
        foundAt = foundAt ?? now
        guard isComplete || now >= due else { return .pending(until: due) }
        known = (addresses, now + Self.lifetime)
        return .addresses(addresses)
    }
}

/// One call of getaddrinfo(3) in a thread of its own.
private final class Lookup: Sendable {
    struct Result: Sendable {
        var addresses: [String] = []
        /// Why there are no addresses.
        var failure: Failure?
    }

    struct Failure: Sendable {
        let reason: String
        /// Whether something was short on this host: threads, descriptors, memory.
        ///
        /// A local user can cause that, and an outage may excuse a login.
        let isOurs: Bool
    }

    let family: CInt
    private let host: String
    private let limit: Int
    private let wake: @Sendable () -> Void
    private let state = Mutex<Result?>(nil)

    private init(host: String, family: CInt, limit: Int, wake: @escaping @Sendable () -> Void) {
        self.host = host
        self.family = family
        self.limit = limit
        self.wake = wake
    }

    /// Nil until the lookup has ended.
    var result: Result? { state.withLock { $0 } }
    var isRunning: Bool { result == nil }

    static func start(
        host: String, family: CInt, limit: Int, wake: @escaping @Sendable () -> Void
    ) -> Lookup {
        let lookup = Lookup(host: host, family: family, limit: limit, wake: wake)
        // The thread keeps the object alive while it runs.
        let context = Unmanaged.passRetained(lookup).toOpaque()
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { context in
                context.map { Unmanaged<Lookup>.fromOpaque($0).takeRetainedValue().run() }
                return nil
            }, context)
        guard error == 0 else {
            Unmanaged<Lookup>.fromOpaque(context).release()
            lookup.end(Result(failure: Failure(reason: "no thread can be started to look up the host", isOurs: true)))
            return lookup
        }
        pthread_detach(thread)
        return lookup
    }

    private func run() {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let error = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        let number = errno
        guard error == 0 else {
            let isOurs = Self.isOurs(error, errno: number) || Self.descriptorsAreShort
            return end(Result(failure: Failure(reason: String(cString: gai_strerror(error)), isOurs: isOurs)))
        }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee, addresses.count < limit {
            if let text = Self.text(of: entry), !addresses.contains(text) { addresses.append(text) }
            next = entry.ai_next
        }
        let failure: Failure? =
            if addresses.isEmpty { Failure(reason: "no usable address", isOurs: false) } else { nil }
        end(Result(addresses: addresses, failure: failure))
    }

    private static func isOurs(_ error: CInt, errno number: CInt) -> Bool {
        switch error {
        case EAI_MEMORY: true
        case EAI_SYSTEM:
            ![ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ECONNRESET, ENOENT].contains(
                number)
        default: false
        }
    }

    /// Whether a lookup may have run out of descriptors: getaddrinfo then reports that there is no such name, or to try
    /// again.
    private static var descriptorsAreShort: Bool {
        let spare = (0..<8).map { _ in socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) }
        defer { for descriptor in spare where descriptor >= 0 { close(descriptor) } }
        return spare.contains { $0 < 0 }
    }

    private func end(_ result: Result) {
        state.withLock { $0 = result }
        wake()
    }

    /// The numeric address; nil for one that is valid on one interface only, which libcurl's list of addresses cannot
    /// express.
    private static func text(of entry: addrinfo) -> String? {
        guard let address = entry.ai_addr else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let error = getnameinfo(address, entry.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard error == 0, !text.contains("%") else { return nil }
        return text
    }
}

/// The host to connect to, if it is a name that must be looked up.
struct NamedHost: Equatable {
    let name: String
    let port: Int

    /// Nil for a socket, for a numeric address, and for localhost, which libcurl knows.
    init?(_ server: ServerAddress) {
        guard server.socket == nil else { return nil }
        self.init(url: server.proxy ?? server.base, isProxy: server.proxy != nil)
    }

    private init?(url: String, isProxy: Bool) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" }
        let host = authority.prefix { $0 != ":" }
        guard !host.isEmpty, !host.hasPrefix("["), host != "localhost", !host.hasSuffix(".localhost"),
            !Self.isNumeric(host)
        else {
            return nil
        }
        name = String(host)
        let isTLS = url.hasPrefix("https:")
        // The default port of a proxy: CURLOPT_PROXY(3).
        let usual = if isTLS { 443 } else if isProxy { 1080 } else { 80 }
        port = Int(authority.dropFirst(host.count + 1)) ?? usual
    }

    private static func isNumeric(_ host: Substring) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, String(host), &address) == 1
    }
}

internal import Identifiers
internal import Logging
internal import Synchronization

/// Limits the open connections of each client and each listener, so that no client can take all of them.
///
/// - An unauthenticated address (IPv4, or an IPv6 /64) has a limit from the settings, a phone has 32, and an
///   application three quarters of a listener. Beyond its limit, the oldest connection of that client is closed.
/// - If a listener is full, its oldest unauthenticated connection is closed, so that clients which connect and send
///   nothing cannot lock out others.
///
/// Proxies, unix sockets and loopback stand for many clients: their addresses, and phones behind them, are not limited.
final class ConnectionLimiter: Sendable {
    /// An open connection.
    struct Entry: Sendable {
        fileprivate let number: UInt64
        fileprivate let listener: Int
        /// Whether the peer may stand for many clients.
        fileprivate let isShared: Bool
        /// The address, phone or application that the connection is counted for; nil if it is not counted.
        fileprivate var holder: String?
        /// Closes the connection asynchronously.
        fileprivate let close: @Sendable () -> Void
    }

    /// The owner of the key that a connection has authenticated with.
    enum Client: Equatable, Sendable {
        case application(Int64)
        /// A confirmed phone, by its device ID.
        case phone(String)
    }

    /// Writes a warning that clients can cause as often as they like: the event, the key for rate limiting, and the
    /// metadata.
    typealias Warning = @Sendable (_ event: String, _ thing: String, _ metadata: Logger.Metadata) -> Void

    /// The limit of one phone: browsers open six connections to a server, and leave them behind when the network
    /// changes.
    private static let mostOfPhone = 32

    private struct ConnectionQueue {
        /// The functions that close the counted connections, by number.
        private var closers: [UInt64: @Sendable () -> Void] = [:]
        /// The numbers in order of arrival, including some that have left.
        private var order: [UInt64] = []
        private var passed = 0

        var count: Int { closers.count }

        mutating func add(_ number: UInt64, close: @escaping @Sendable () -> Void) {
            if order.count > 2 * closers.count + 16 {
                order = order[passed...].filter { closers[$0] != nil }
                passed = 0
            }
            order.append(number)
            closers[number] = close
        }

        mutating func remove(_ number: UInt64) { closers[number] = nil }

        /// Removes the oldest connection.
        ///
        /// - Returns: the function that closes it; nil if there is none.
        mutating func removeOldest() -> (@Sendable () -> Void)? {
            while passed < order.count {
                passed += 1
                if let close = closers.removeValue(forKey: order[passed - 1]) { return close }
            }
            return nil
        }
    }

    private struct ListenerState {
        /// The number of all open connections.
        var open = 0
        /// The connections that have not authenticated.
        var unauthenticated = ConnectionQueue()
    }

    private struct State {
        var listeners: [Int: ListenerState] = [:]
        var holders: [String: ConnectionQueue] = [:]
        var next: UInt64 = 0
    }

    private let mostOfAddress: Int?
    private let mostOfApplication: Int
    private let proxies: Proxies
    private let warn: Warning
    private let state = Mutex(State())

    /// Creates the limits.
    ///
    /// - Parameters:
    ///   - mostOfAddress: the limit of one unauthenticated address; nil if only proxies connect.
    ///   - connections: the limit of one listener.
    ///   - proxies: the trusted proxies.
    ///   - warn: writes a warning.
    init(mostOfAddress: Int?, connections: Int, proxies: Proxies, warn: @escaping Warning) {
        self.mostOfAddress = mostOfAddress
        mostOfApplication = max(1, connections * 3 / 4)
        self.proxies = proxies
        self.warn = warn
    }

    /// Counts a new connection, and closes the oldest one beyond a limit.
    ///
    /// - Parameters:
    ///   - peer: a numeric address; nil for a unix socket.
    ///   - listener: the listener's number.
    ///   - most: the limit of the listener.
    ///   - close: closes the connection asynchronously.
    /// - Returns: the entry that `authenticate` and `remove` need.
    func admit(_ peer: String?, at listener: Int, most: Int, close: @escaping @Sendable () -> Void) -> Entry {
        let place = place(of: peer)
        let (number, oldest) = state.withLock { state in
            state.next += 1
            var listenerState = state.listeners.removeValue(forKey: listener) ?? ListenerState()
            listenerState.open += 1
            // The new connection itself is not a candidate.
            let isFull = listenerState.open >= most && listenerState.unauthenticated.count > 0
            let oldest: (@Sendable () -> Void)? =
                if isFull { listenerState.unauthenticated.removeOldest() } else { nil }
            listenerState.unauthenticated.add(state.next, close: close)
            state.listeners[listener] = listenerState
            return (state.next, oldest)
        }
        if let oldest {
            warn("connections_used_up", "\(listener)", ["connections": "\(most)"])
            oldest()
        }
        let entry = Entry(number: number, listener: listener, isShared: place == nil, holder: nil, close: close)
        guard let place, let mostOfAddress else { return entry }
        return count(entry, for: place, most: mostOfAddress) { warn in
            warn("connections_of_address_used_up", place, ["address": "\(place)"])
        }
    }

    /// Counts an authenticated connection for its client, and no longer as unauthenticated or for its address.
    func authenticate(_ entry: Entry, as client: Client) -> Entry {
        let holder: String? =
            switch client {
            case .application(let id): "application \(id)"
            case .phone(let id): entry.isShared ? nil : "phone \(id)"
            }
        guard entry.holder == nil || entry.holder != holder else { return entry }
        state.withLock { Self.forget(entry, in: &$0) }
        var moved = entry
        moved.holder = nil
        guard let holder else { return moved }
        switch client {
        case .application(let id):
            return count(moved, for: holder, most: mostOfApplication) { warn in
                warn("connections_of_application_used_up", holder, ["application": "\(id)"])
            }
        case .phone(let id):
            return count(moved, for: holder, most: Self.mostOfPhone) { warn in
                warn("connections_of_phone_used_up", holder, ["device": "\(id)"])
            }
        }
    }

    /// Removes a closed connection.
    func remove(_ entry: Entry) {
        state.withLock { state in
            Self.forget(entry, in: &state)
            state.listeners[entry.listener]?.open -= 1
        }
    }

    /// The address to count a peer for; nil if it stands for many clients.
    private func place(of peer: String?) -> String? {
        guard mostOfAddress != nil, let address = peer.flatMap({ Address($0) }),
            !["127.0.0.1", "::1"].contains(address.description),
            !proxies.isTrusted(address)
        else { return nil }
        return address.place
    }

    private static func forget(_ entry: Entry, in state: inout State) {
        state.listeners[entry.listener]?.unauthenticated.remove(entry.number)
        guard let holder = entry.holder else { return }
        state.holders[holder]?.remove(entry.number)
        if state.holders[holder]?.count == 0 { state.holders[holder] = nil }
    }

    /// Counts a connection for a holder, and closes the holder's oldest one beyond the limit.
    ///
    /// - Parameters:
    ///   - entry: the connection.
    ///   - holder: the address, phone or application.
    ///   - most: the holder's limit.
    ///   - warnFull: writes a warning when the limit is reached.
    /// - Returns: the entry with its holder.
    private func count(_ entry: Entry, for holder: String, most: Int, warnFull: (Warning) -> Void) -> Entry {
        let (oldest, isFull) = state.withLock { state in
            var queue = state.holders.removeValue(forKey: holder) ?? ConnectionQueue()
            let oldest: (@Sendable () -> Void)? =
                if queue.count >= most { queue.removeOldest() } else { nil }
            queue.add(entry.number, close: entry.close)
            let isFull = queue.count == most
            state.holders[holder] = queue
            return (oldest, isFull)
        }
        if isFull { warnFull(warn) }
        oldest?()
        var counted = entry
        counted.holder = holder
        return counted
    }
}

internal import Identifiers
internal import Logging
internal import Synchronization

/// How many connections are open at each listener, and whose they are, so that nobody takes all of them.
///
/// - A place (an address, or a /64 of IPv6) has so many that have shown no key, a phone has 32, and an application three quarters of a
///   listener. Where there is one too many, the oldest of that holder is closed.
/// - Where a listener is full, the oldest is closed that has shown no key, whoever it belongs to. A client that connects and says nothing
///   so keeps out nobody who speaks at once.
///
/// Proxies, sockets of this machine and its loopback address speak for many: as places, and with a phone's key, they are not counted.
final class Doors: Sendable {
    /// A connection, as long as it is open.
    struct Entry: Sendable {
        fileprivate let number: UInt64
        fileprivate let listener: Int
        /// Whether it may be one of many clients.
        fileprivate let isShared: Bool
        /// Whom it counts for: a place, a phone or an application.
        fileprivate var holder: String?
        /// Closes the connection, later.
        fileprivate let close: @Sendable () -> Void
    }

    /// Whose key a connection has shown.
    enum Client: Equatable, Sendable {
        case application(Int64)
        /// A confirmed phone, by the ID of its device.
        case phone(String)
    }

    /// Says something of a client that it can bring about as often as it likes: the event, what it is about, and the metadata.
    typealias Warning = @Sendable (_ event: String, _ thing: String, _ metadata: Logger.Metadata) -> Void

    /// Of one phone. A browser has six to one server, and they may be left behind where its network changes.
    private static let mostOfPhone = 32

    private struct Crowd {
        /// What closes those that are counted, by number.
        private var closers: [UInt64: @Sendable () -> Void] = [:]
        /// The numbers in the order of coming, also of some that have left.
        private var order: [UInt64] = []
        private var passed = 0

        var count: Int { closers.count }

        mutating func add(_ number: UInt64, _ close: @escaping @Sendable () -> Void) {
            if order.count > 2 * closers.count + 16 {
                order = order[passed...].filter { closers[$0] != nil }
                passed = 0
            }
            order.append(number)
            closers[number] = close
        }

        mutating func remove(_ number: UInt64) { closers[number] = nil }

        /// - Returns: what closes the oldest, which leaves by this.
        mutating func removeOldest() -> (@Sendable () -> Void)? {
            while passed < order.count {
                passed += 1
                if let close = closers.removeValue(forKey: order[passed - 1]) { return close }
            }
            return nil
        }
    }

    private struct Hall {
        /// All that are open.
        var open = 0
        /// Those that have shown no key.
        var strangers = Crowd()
    }

    private struct State {
        var halls: [Int: Hall] = [:]
        var holders: [String: Crowd] = [:]
        var next: UInt64 = 0
    }

    private let mostOfPlace: Int?
    private let mostOfApplication: Int
    private let proxies: Proxies
    private let warn: Warning
    private let state = Mutex(State())

    /// - Parameters:
    ///   - mostOfPlace: of one place; nil where only proxies come.
    ///   - connections: of one listener of clients.
    init(mostOfPlace: Int?, connections: Int, proxies: Proxies, warn: @escaping Warning) {
        self.mostOfPlace = mostOfPlace
        mostOfApplication = max(1, connections * 3 / 4)
        self.proxies = proxies
        self.warn = warn
    }

    /// - Parameters:
    ///   - peer: a numeric address; nil for a socket of this machine.
    ///   - listener: its number.
    ///   - most: how many connections the listener takes.
    ///   - close: closes the connection, later.
    /// - Returns: what `leave` takes once the connection is gone.
    func come(_ peer: String?, at listener: Int, most: Int, close: @escaping @Sendable () -> Void) -> Entry {
        let place = place(of: peer)
        let (number, oldest) = state.withLock { state in
            state.next += 1
            var hall = state.halls.removeValue(forKey: listener) ?? Hall()
            hall.open += 1
            // Not the one that has just come.
            let oldest = hall.open >= most && hall.strangers.count > 0 ? hall.strangers.removeOldest() : nil
            hall.strangers.add(state.next, close)
            state.halls[listener] = hall
            return (state.next, oldest)
        }
        if let oldest {
            warn("connections_used_up", "\(listener)", ["connections": "\(most)"])
            oldest()
        }
        let entry = Entry(number: number, listener: listener, isShared: place == nil, holder: nil, close: close)
        guard let place, let mostOfPlace else { return entry }
        return count(entry, for: place, mostOfPlace) { warn in
            warn("connections_of_address_used_up", place, ["address": "\(place)"])
        }
    }

    /// The connection has shown a key: it is none of the strangers any more, nor of its place.
    func move(_ entry: Entry, to client: Client) -> Entry {
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
            return count(moved, for: holder, mostOfApplication) { warn in
                warn("connections_of_application_used_up", holder, ["application": "\(id)"])
            }
        case .phone(let id):
            return count(moved, for: holder, Self.mostOfPhone) { warn in
                warn("connections_of_phone_used_up", holder, ["device": "\(id)"])
            }
        }
    }

    /// The connection is gone.
    func leave(_ entry: Entry) {
        state.withLock { state in
            Self.forget(entry, in: &state)
            state.halls[entry.listener]?.open -= 1
        }
    }

    /// Nil for whoever speaks for many.
    private func place(of peer: String?) -> String? {
        guard mostOfPlace != nil, let address = peer.flatMap({ Address($0) }),
            !["127.0.0.1", "::1"].contains(address.description),
            !proxies.isTrusted(address)
        else { return nil }
        return address.place
    }

    private static func forget(_ entry: Entry, in state: inout State) {
        state.halls[entry.listener]?.strangers.remove(entry.number)
        guard let holder = entry.holder else { return }
        state.holders[holder]?.remove(entry.number)
        if state.holders[holder]?.count == 0 { state.holders[holder] = nil }
    }

    /// Counts a connection, and closes the oldest of its holder where that makes one too many.
    /// - Parameter tell: says that the last one is taken.
    private func count(_ entry: Entry, for holder: String, _ most: Int, _ tell: (Warning) -> Void) -> Entry {
        let (oldest, isFull) = state.withLock { state in
            var crowd = state.holders.removeValue(forKey: holder) ?? Crowd()
            let oldest = crowd.count >= most ? crowd.removeOldest() : nil
            crowd.add(entry.number, entry.close)
            let isFull = crowd.count == most
            state.holders[holder] = crowd
            return (oldest, isFull)
        }
        if isFull { tell(warn) }
        oldest?()
        var counted = entry
        counted.holder = holder
        return counted
    }
}

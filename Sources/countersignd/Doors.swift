internal import LoginFlow
internal import Logging
internal import Synchronization

/// How many connections each place has that have shown no key, and each phone, so that no single one takes all of them: where there is one
/// too many, the oldest is closed. Whoever connects and says nothing so keeps nobody out who speaks at once. Proxies, sockets of this machine
/// and its loopback address speak for many, and are not counted.
final class Doors: Sendable {
    enum Entry: Equatable {
        case free
        /// For the place or the phone of this name.
        case counted(String, UInt64)
    }

    /// Of one phone. A browser has six to one server, and they may be left behind where its network changes.
    private static let mostOfPhone = 32

    private struct Place {
        /// What closes those that are counted, by number.
        var closers: [UInt64: @Sendable () -> Void] = [:]
        /// The numbers in the order of coming, also of some that have left.
        private var order: [UInt64] = []
        private var passed = 0

        mutating func add(_ number: UInt64, _ close: @escaping @Sendable () -> Void) {
            if order.count > 2 * closers.count + 16 {
                order = order[passed...].filter { closers[$0] != nil }
                passed = 0
            }
            order.append(number)
            closers[number] = close
        }

        /// - Returns: what closes the oldest, which leaves by this.
        mutating func removeOldest() -> (@Sendable () -> Void)? {
            while passed < order.count {
                passed += 1
                if let close = closers.removeValue(forKey: order[passed - 1]) { return close }
            }
            return nil
        }
    }

    private struct State {
        var places: [String: Place] = [:]
        var next: UInt64 = 0
    }

    private let most: Int?
    private let proxies: Proxies
    private let log: Logger
    private let state = Mutex(State())

    /// - Parameter most: of one place; nil where only proxies come.
    init(most: Int?, proxies: Proxies, log: Logger) {
        self.most = most
        self.proxies = proxies
        self.log = log
    }

    /// - Parameters:
    ///   - peer: a numeric address; nil for a socket of this machine.
    ///   - close: closes the connection, later.
    /// - Returns: what `leave` takes once the connection is gone, or has shown an API key.
    func come(_ peer: String?, close: @escaping @Sendable () -> Void) -> Entry {
        guard let most, let address = peer.flatMap({ Address($0) }), !["127.0.0.1", "::1"].contains(address.description),
            !proxies.isTrusted(address)
        else { return .free }
        let (entry, isFull) = enter(address.place, most, close)
        if isFull { log.warning("connections_of_address_used_up", metadata: ["address": "\(address.place)"]) }
        return entry
    }

    /// A connection that has shown the key of a confirmed phone is one of the phone's, and none of its place any more.
    /// - Parameter phone: the ID of the device, which no place has for a name.
    func move(_ entry: Entry, to phone: String) -> Entry {
        guard case .counted(let name, _) = entry, name != phone, let close = leave(entry) else { return entry }
        let (moved, isFull) = enter(phone, Self.mostOfPhone, close)
        if isFull { log.warning("connections_of_phone_used_up", metadata: ["device": "\(phone)"]) }
        return moved
    }

    /// - Returns: what closes the connection; nil if it is not counted.
    @discardableResult
    func leave(_ entry: Entry) -> (@Sendable () -> Void)? {
        guard case .counted(let name, let number) = entry else { return nil }
        return state.withLock { state in
            let close = state.places[name]?.closers.removeValue(forKey: number)
            if state.places[name]?.closers.isEmpty ?? false { state.places[name] = nil }
            return close
        }
    }

    /// - Returns: also whether the last one was taken by this, which is said once each time: who knocks again fills no log.
    private func enter(_ name: String, _ most: Int, _ close: @escaping @Sendable () -> Void) -> (Entry, isFull: Bool) {
        let (number, oldest, isFull) = state.withLock { state in
            state.next += 1
            var place = state.places.removeValue(forKey: name) ?? Place()
            let oldest = place.closers.count >= most ? place.removeOldest() : nil
            place.add(state.next, close)
            let isFull = oldest == nil && place.closers.count == most
            state.places[name] = place
            return (state.next, oldest, isFull)
        }
        oldest?()
        return (.counted(name, number), isFull)
    }
}

internal import LoginFlow
internal import Logging
internal import Synchronization

/// How many connections each place has, so that no single one takes all of them. Proxies, sockets of this machine and its loopback address
/// speak for many, and are not counted.
final class Doors: Sendable {
    enum Entry: Equatable { case free, full, counted(String) }

    private let most: Int
    private let proxies: Proxies
    private let log: Logger
    private let counts = Mutex<[String: Int]>([:])

    init(most: Int, proxies: Proxies, log: Logger) {
        self.most = most
        self.proxies = proxies
        self.log = log
    }

    /// - Parameter peer: a numeric address; nil for a socket of this machine.
    /// - Returns: what `leave` takes once the connection is gone. `full`: it is one too many.
    func come(_ peer: String?) -> Entry {
        guard let address = peer.flatMap({ Address($0) }), !["127.0.0.1", "::1"].contains(address.description), !proxies.isTrusted(address)
        else { return .free }
        let place = address.place
        let count = counts.withLock { counts in
            let count = counts[place, default: 0]
            if count < most { counts[place] = count + 1 }
            return count + 1
        }
        // Once each time that the last one is taken: who knocks again fills no log.
        if count == most { log.warning("connections_of_address_used_up", metadata: ["address": "\(place)"]) }
        return count > most ? .full : .counted(place)
    }

    func leave(_ entry: Entry) {
        guard case .counted(let place) = entry else { return }
        counts.withLock { counts in
            let count = counts[place, default: 1] - 1
            counts[place] = count == 0 ? nil : count
        }
    }
}

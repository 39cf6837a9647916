/// A fair queue: first come, first served, with a limit for each server.
///
/// A server that does not respond fills its own share only, and does not delay requests to other servers.
package struct FairQueue<Item: Sendable>: Sendable {
    /// How many items run and wait.
    package struct Limits: Sendable {
        /// The maximum number of running items.
        package var running = 64
        /// The maximum number of running items of one server.
        package var runningAtOneServer = 16
        /// The maximum number of waiting items.
        package var waiting = 1_000

        /// Creates limits.
        ///
        /// - Parameters:
        ///   - running: the maximum number of running items.
        ///   - runningAtOneServer: the maximum number of running items of one server.
        ///   - waiting: the maximum number of waiting items.
        package init(running: Int = 64, runningAtOneServer: Int = 16, waiting: Int = 1_000) {
            self.running = running
            self.runningAtOneServer = runningAtOneServer
            self.waiting = waiting
        }
    }

    private struct Place: Sendable {
        let item: Item
        let server: String
        let deadline: Int64
    }

    private let limits: Limits
    private var places: [Place] = []
    private var running: [String: Int] = [:]
    private var runningCount = 0

    /// Creates an empty queue.
    package init(_ limits: Limits) { self.limits = limits }

    /// Whether nothing waits; items may still run.
    package var isEmpty: Bool { places.isEmpty }

    /// Appends an item to the queue.
    ///
    /// - Parameters:
    ///   - item: the item.
    ///   - server: the server that it goes to, as `host:port`.
    ///   - deadline: milliseconds of the clock that `next` is called with.
    /// - Returns: false if the queue is full; the item is then not in it.
    package mutating func join(_ item: Item, server: String, deadline: Int64) -> Bool {
        guard places.count < limits.waiting else { return false }
        places.append(Place(item: item, server: server, deadline: deadline))
        return true
    }

    /// Removes the items that may start, and those that are past their deadline.
    ///
    /// - Parameter now: milliseconds of the clock of the deadlines.
    /// - Returns: `start`, which count as running until `leave`, and `late`.
    package mutating func next(at now: Int64) -> (start: [Item], late: [Item]) {
        var (start, late, left): ([Item], [Item], [Place]) = ([], [], [])
        for place in places {
            if place.deadline <= now {
                late.append(place.item)
            } else if runningCount < limits.running, running[place.server, default: 0] < limits.runningAtOneServer {
                running[place.server, default: 0] += 1
                runningCount += 1
                start.append(place.item)
            } else {
                left.append(place)
            }
        }
        places = left
        return (start, late)
    }

    /// Ends one running item of this server.
    package mutating func leave(_ server: String) {
        let left = running[server, default: 0] - 1
        running[server] = if left > 0 { left } else { nil }
        runningCount = max(0, runningCount - 1)
    }

    /// Removes and returns all waiting items.
    package mutating func clear() -> [Item] {
        defer { places = [] }
        return places.map(\.item)
    }
}

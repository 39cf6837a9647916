/// Exchanges that wait for their turn: first come, first served, but no server takes more than its share, so that one which does not
/// answer keeps no other waiting.
package struct Line<Item: Sendable>: Sendable {
    package struct Limits: Sendable {
        /// At a time.
        package var running = 64
        package var runningAtOneServer = 16
        package var waiting = 1_000

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

    package init(_ limits: Limits) { self.limits = limits }

    package var isEmpty: Bool { places.isEmpty }

    /// False: the line is too long.
    package mutating func join(_ item: Item, server: String, deadline: Int64) -> Bool {
        guard places.count < limits.waiting else { return false }
        places.append(Place(item: item, server: server, deadline: deadline))
        return true
    }

    /// Those whose turn it is, which count as running from now on; and those whose time is over, which are gone.
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

    /// One at this server is over.
    package mutating func leave(_ server: String) {
        let left = running[server, default: 0] - 1
        running[server] = left > 0 ? left : nil
        runningCount = max(0, runningCount - 1)
    }

    /// All that wait; they are gone.
    package mutating func clear() -> [Item] {
        defer { places = [] }
        return places.map(\.item)
    }
}

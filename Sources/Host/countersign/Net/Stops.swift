internal import CSyscalls
internal import Glibc

/// Ctrl-C, and what else asks a process to end: heard in its turn, so that nothing is left half done.
struct Stops {
    let descriptor: CInt

    /// From now on.
    static func watch() throws -> Stops {
        let descriptor = system_watch_signals()
        guard descriptor >= 0 else { throw Trouble("signals cannot be watched: \(systemReason(-descriptor))") }
        return Stops(descriptor: descriptor)
    }

    /// What the shell would have said.
    static let code: CInt = 130
}

/// Waits until one of the descriptors can be read.
/// - Parameter until: as `system_now` counts; nil for ever.
/// - Returns: those that can be, in this order.
func readable(_ descriptors: [CInt], until: Int64?) -> [CInt] {
    var watched = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let left = until.map { max(0, min($0 - system_now(), 1_000_000)) } ?? -1
    guard poll(&watched, nfds_t(watched.count), CInt(left)) > 0 else { return [] }
    return watched.filter { $0.revents != 0 }.map(\.fd)
}

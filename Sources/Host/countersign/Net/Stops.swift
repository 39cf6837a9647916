internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// Ctrl-C and other signals that end a process, handled in turn so that nothing is left half done.
struct Stops {
    let descriptor: CInt

    /// Watches for the signals from now on.
    static func watch() throws -> Stops {
        let descriptor = system_watch_signals()
        guard descriptor >= 0 else { throw CommandError("signals cannot be watched: \(systemReason(-descriptor))") }
        return Stops(descriptor: descriptor)
    }

    /// Exit code that a shell gives for Ctrl-C: 128 plus SIGINT.
    static let code: CInt = 130
}

/// Waits until one of the descriptors can be read.
///
/// - Parameters:
///   - descriptors: descriptors to watch.
///   - until: deadline, as `system_now` counts; nil for none.
/// - Returns: those that can be read, in the same order; empty at the deadline, or when a signal interrupts the wait.
func readable(_ descriptors: [CInt], until: Int64?) -> [CInt] {
    var watched = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let left = until.map { max(0, min($0 - system_now(), 1_000_000)) } ?? -1
    guard poll(&watched, nfds_t(watched.count), CInt(left)) > 0 else { return [] }
    return watched.filter { $0.revents != 0 }.map(\.fd)
}

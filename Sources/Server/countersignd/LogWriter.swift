internal import Glibc

/// Writes lines to a descriptor from a thread of its own, so that a reader that hangs delays no caller.
///
/// The queue is bounded. A line that finds it full is dropped and counted; when writing works again, a line reports the
/// count.
final class LogWriter: @unchecked Sendable {
    /// The maximum number of waiting lines and bytes; as much again may be in the thread's batch.
    private static let (mostLines, mostBytes) = (4_096, 2 << 20)

    private let descriptor: Int32
    private let countLine: @Sendable (Int) -> [UInt8]
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // The mutex guards the members below.
    private var lines: [[UInt8]] = []
    private var bytes = 0
    private var dropped = 0
    private var isBusy = false
    private var hasThread = false

    /// Creates a writer; the thread starts with the first line.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go; it is never closed.
    ///   - countLine: returns the line that reports a number of dropped lines.
    init(_ descriptor: Int32, countLine: @escaping @Sendable (Int) -> [UInt8]) {
        self.descriptor = descriptor
        self.countLine = countLine
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// Queues a line, which includes its line feed, without waiting for the reader.
    func put(_ line: [UInt8]) {
        locked {
            guard lines.count < Self.mostLines, bytes + line.count <= Self.mostBytes, startThread() else {
                return dropped += 1
            }
            lines.append(line)
            bytes += line.count
            pthread_cond_broadcast(changed)
        }
    }

    /// Waits until all lines are written, for `limit` at most.
    func flush(within limit: Duration) {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + Int(limit / .nanoseconds(1))
        end = timespec(tv_sec: end.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        locked {
            while isBusy || !lines.isEmpty {
                if pthread_cond_timedwait(changed, mutex, &end) != 0 { return }
            }
        }
    }

    /// Starts the thread unless it runs; false if the system has none left, and the next line tries again.
    private func startThread() -> Bool {
        if hasThread { return true }
        let this = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { this in
                if let this { Unmanaged<LogWriter>.fromOpaque(this).takeUnretainedValue().work() }
                return nil
            }, this.toOpaque())
        guard code == 0 else {
            this.release()
            return false
        }
        pthread_detach(thread)
        hasThread = true
        return true
    }

    private func work() -> Never {
        while true {
            let batch = dequeue()
            let lost = batch.count { !write($0) }
            let count = locked { () -> Int in
                defer { dropped = 0 }
                return dropped + lost
            }
            if count > 0, !write(countLine(count)) { locked { dropped += count } }
        }
    }

    private func dequeue() -> [[UInt8]] {
        locked {
            isBusy = false
            pthread_cond_broadcast(changed)
            while lines.isEmpty { pthread_cond_wait(changed, mutex) }
            defer { (lines, bytes, isBusy) = ([], 0, true) }
            return lines
        }
    }

    /// Writes a line with one call if possible, so that lines of other processes on the same descriptor do not mix with
    /// it.
    ///
    /// - Returns: false if the line is lost because the descriptor has no reader.
    private func write(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count > 0 {
                    done += count
                } else if count < 0, errno == EAGAIN {
                    var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&place, 1, -1)
                } else if count == 0 || errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    private func locked<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

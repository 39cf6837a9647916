internal import Glibc

/// A queue from many threads to one: any thread adds work, and one thread takes it in the same order.
@safe final class WorkQueue<Work: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Work] = []
    private var isClosed = false
    /// The number of waiting items at which the taking thread is woken.
    private var wanted = 1

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Adds work at the end; returns false if the queue is closed, in which case nobody will do it.
    func enqueue(_ work: Work) -> Bool {
        locked {
            if isClosed { return false }
            waiting.append(work)
            if waiting.count == wanted { unsafe pthread_cond_signal(condition) }
            return true
        }
    }

    /// Waits until there is work, and takes it.
    ///
    /// - Parameters:
    ///   - limit: The most items to take.
    ///   - expected: The number of items that are likely to arrive soon; 1 if no more is expected.
    ///   - timeout: How long to wait for that number, whether or not there is work already.
    /// - Returns: The items, oldest first; nil once the queue is closed and empty.
    func dequeue(limit: Int, expected: Int = 1, timeout: Duration = .zero) -> [Work]? {
        locked {
            if expected > 1 { wait(for: min(expected, limit), until: Self.time(after: timeout)) }
            while waiting.isEmpty && !isClosed { unsafe pthread_cond_wait(condition, mutex) }
            if waiting.isEmpty { return nil }
            let taken = Array(waiting.prefix(limit))
            waiting.removeFirst(taken.count)
            return taken
        }
    }

    private func wait(for count: Int, until end: timespec) {
        wanted = count
        defer { wanted = 1 }
        var end = end
        while waiting.count < count && !isClosed {
            if unsafe pthread_cond_timedwait(condition, mutex, &end) != 0 { return }
        }
    }

    private static func time(after timeout: Duration) -> timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let nanoseconds = now.tv_nsec + Int(timeout / .nanoseconds(1))
        return timespec(tv_sec: now.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }

    /// The number of waiting items.
    var count: Int { locked { waiting.count } }

    /// Rejects further work and wakes the taking thread.
    func close() {
        locked {
            isClosed = true
            unsafe pthread_cond_signal(condition)
        }
    }

    private func locked<T>(_ body: () -> T) -> T {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }
}

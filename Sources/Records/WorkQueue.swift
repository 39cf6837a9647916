internal import Glibc

/// What waits for one thread that does it. Any thread puts, in order; one takes.
@safe final class WorkQueue<Work: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Work] = []
    private var isClosed = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// False if the queue is closed: nobody will do it.
    func put(_ work: Work) -> Bool {
        locked {
            if isClosed { return false }
            waiting.append(work)
            if waiting.count == 1 { unsafe pthread_cond_signal(condition) }
            return true
        }
    }

    /// Waits until there is something, and takes at most so much of it; nil once the queue is closed and empty.
    func take(limit: Int) -> [Work]? {
        locked {
            while waiting.isEmpty && !isClosed { unsafe pthread_cond_wait(condition, mutex) }
            if waiting.isEmpty { return nil }
            let taken = Array(waiting.prefix(limit))
            waiting.removeFirst(taken.count)
            return taken
        }
    }

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

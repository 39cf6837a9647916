internal import Glibc

/// A thread of this process's own, for work that would block the shared threads of Swift's concurrency for too long.
struct OwnThread: @unchecked Sendable {
    private let thread: pthread_t

    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that runs the body.
    ///
    /// Nil if the system cannot start a thread; the body does not run then (pthread_create(3)).
    init?(_ body: @escaping @Sendable () -> Void) {
        let start = unsafe Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { start in
                if let start = unsafe start { unsafe Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body() }
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits until the thread has ended; must be called at most once.
    ///
    /// Called from the thread itself, it detaches the thread instead of waiting.
    func join() {
        if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    /// Lets the thread run on without anybody who waits for its end.
    func detach() { pthread_detach(thread) }
}

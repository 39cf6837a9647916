internal import Glibc

/// A thread of ours, for what takes too long for the threads that all share.
struct OwnThread: @unchecked Sendable {
    private let thread: pthread_t

    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Nil if the system has no thread to give; `body` is not run then.
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

    /// Waits for its end; only once. From the thread itself it lets it go.
    func join() {
        if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    func detach() { pthread_detach(thread) }
}

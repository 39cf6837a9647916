internal import Glibc

/// Runs blocking work on threads outside Swift's cooperative pool.
enum Background {
    /// Runs `work` on a new detached thread with every signal blocked.
    ///
    /// Signals go to other threads, and SIGPIPE becomes an error of the write.
    ///
    /// - Returns: false if the system cannot start another thread; `work` then never runs.
    static func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Work(work))
        guard start(box.toOpaque()) == 0 else {
            box.release()
            return false
        }
        return true
    }

    private static func start(_ work: UnsafeMutableRawPointer) -> CInt {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, work)
        if error == 0 { pthread_detach(thread) }
        return error
    }

    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

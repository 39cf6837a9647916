internal import CSyscalls

/// What is due in a login, and when: times of `system_now`, in milliseconds; nil if it is not due.
struct LoginTimers {
    var promptIsDue: Int64?
    var deadline: Int64?
    /// The prompt was delayed once, while an unreachable server is tried again.
    var isPromptHeld = false
    /// When the last poll began.
    var polled: Int64?
    /// When the next poll is due.
    var pollIsDue: Int64?
    /// When a short poll is given up: a server that hangs must not keep a user with a right code out.
    var pollEnds: Int64?

    init(promptIsDue: Int64, deadline: Int64) {
        self.promptIsDue = promptIsDue
        self.deadline = deadline
    }

    /// The next time that something is due, at most in 10 minutes.
    var next: Int64 {
        [promptIsDue, deadline, pollIsDue, pollEnds].compactMap { $0 }.min() ?? system_now() + 600_000
    }

    /// Milliseconds until the prompt is due.
    var untilPromptIsDue: Int64 { ([promptIsDue, deadline].compactMap { $0 }.min() ?? system_now()) - system_now() }

    /// Whether a timer has run out; it is stopped then.
    mutating func hasRunOut(_ timer: WritableKeyPath<LoginTimers, Int64?>) -> Bool {
        guard let due = self[keyPath: timer], due <= system_now() else { return false }
        self[keyPath: timer] = nil
        return true
    }
}

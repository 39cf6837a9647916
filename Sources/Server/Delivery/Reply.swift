internal import Synchronization

/// A value with one waiting reader and several possible writers, of which the first one wins.
final class Reply<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Mutex(State.empty)

    /// The value, once it is given; may be awaited only once.
    var value: Value {
        get async { await withCheckedContinuation { wait($0) } }
    }

    var isGiven: Bool {
        state.withLock {
            if case .given = $0 { true } else { false }
        }
    }

    func give(_ value: Value) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .given: return nil
            case .empty:
                state = .given(value)
                return nil
            case .awaited(let continuation):
                state = .given(value)
                return continuation
            }
        }
        continuation?.resume(returning: value)
    }

    private func wait(_ continuation: CheckedContinuation<Value, Never>) {
        let value = state.withLock { state -> Value? in
            if case .given(let value) = state { return value }
            state = .awaited(continuation)
            return nil
        }
        if let value { continuation.resume(returning: value) }
    }
}

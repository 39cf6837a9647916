/// All ways through a stack that libpam's dispatcher (_pam_dispatch_aux in pam_dispatch.c) can take for
/// pam_authenticate(3), given the results that its modules may have.
struct StackWalk {
    /// A way that ends in success.
    enum Success: Hashable {
        case asked
        /// The module was not asked; holds the index of the line that ended the stack or passed over the module's.
        case passedBy(Int?)
    }

    /// All ways that end in success, each once, in the order in which they are found.
    private(set) var ways: [Success] = []
    /// Whether there are more ways than are followed.
    private(set) var isCut = false

    /// Nil if no way ends in success.
    var success: Success? { ways.first }

    /// Most states that are followed.
    private static let mostStates = 200_000

    private let lines: [AuthStack.Line]
    private let ours: [Int]
    private let results: (AuthStack.Line) -> [String]

    /// The dispatcher's impression, with its status as far as success depends on it.
    private enum Impression: Hashable {
        case undefined
        /// Positive, and the status is success.
        case success
        /// Positive with another status, such as that of `ignore=ok`: later successes do not change it.
        case other
        case negative
    }

    /// State of the dispatcher before a line.
    private struct State: Hashable {
        var index = 0
        var impression = Impression.undefined
        /// Impressions at the start of the substacks around the line, from the outermost.
        var saved: [Impression] = [.undefined]
        /// Level of the line before.
        var level = 0
        var isAsked = false
        var turn: Int?
    }

    /// Walks through the lines.
    ///
    /// `results` returns the values that a line's module may return, by libpam's names without `PAM_`, in lower case.
    init(_ lines: [AuthStack.Line], results: @escaping (AuthStack.Line) -> [String]) {
        self.lines = lines
        self.results = results
        ours = lines.indices.filter { lines[$0].isOurs }
        var seen: Set<State> = []
        var open = [State()]
        while let state = open.popLast() {
            guard seen.insert(state).inserted else { continue }
            guard seen.count < Self.mostStates else {
                isCut = true
                return
            }
            guard state.index < lines.count else {
                let way: Success = if state.isAsked { .asked } else { .passedBy(state.turn) }
                if state.impression == .success, !ways.contains(way) { ways.append(way) }
                continue
            }
            // The first result is followed first.
            open += next(state).reversed()
        }
    }

    private func next(_ state: State) -> [State] {
        let line = lines[state.index]
        var entered = state
        if line.level > state.level {
            while entered.saved.count <= line.level { entered.saved.append(entered.impression) }
            entered.saved[line.level] = entered.impression
        }
        entered.level = line.level
        // Impressions of substacks that have ended are never read again.
        entered.saved.removeLast(max(0, entered.saved.count - 1 - line.level))
        entered.index += 1
        switch line.kind {
        case .substack: return [entered]
        case .failing: return [after(entered, line: state.index, result: "perm_denied")]
        case .module:
            var states: [State] = []
            for result in results(line) {
                let state = after(entered, line: state.index, result: result)
                if !states.contains(state) { states.append(state) }
            }
            return states
        }
    }

    /// Returns the state after a line with this result; `state` is already at the line that follows.
    private func after(_ state: State, line index: Int, result: String) -> State {
        let line = lines[index]
        var next = state
        if line.isOurs { next.isAsked = true }
        let action = line.control.action(on: result)
        switch action {
        case .ignore: break
        case .ok, .done:
            if next.impression == .undefined || next.impression == .success {
                next.impression = if result == "success" { .success } else { .other }
            }
            if action == .done, next.impression != .negative { leave(&next, from: index) }
        case .bad: next.impression = .negative
        case .die:
            next.impression = .negative
            leave(&next, from: index)
        case .reset: next.impression = next.saved[line.level]
        case .jump(let count):
            let (landing, left) = past(index, count: count)
            // A jump beyond the end of the stack, or of the substack, is a failure.
            if left > 0 { next.impression = .negative }
            move(&next, to: landing, from: index)
        }
        return next
    }

    /// Ends the stack, or the substack around the line.
    private func leave(_ state: inout State, from index: Int) {
        let level = lines[index].level
        var end = index + 1
        while end < lines.count, lines[end].level >= level { end += 1 }
        move(&state, to: end, from: index)
    }

    private func move(_ state: inout State, to landing: Int, from index: Int) {
        state.index = landing
        if !state.isAsked, ours.contains(where: { $0 > index && $0 < landing }) { state.turn = index }
    }

    /// Returns the line after `count` lines of this level, each with its substack, and how many there were too few.
    private func past(_ index: Int, count: Int) -> (landing: Int, left: Int) {
        let level = lines[index].level
        var (next, left) = (index + 1, count)
        while next < lines.count, lines[next].level >= level, left > 0 {
            repeat { next += 1 } while next < lines.count && lines[next].level > level
            left -= 1
        }
        return (next, left)
    }
}

/// All ways through a stack that libpam's dispatcher can take for pam_authenticate(3), given its modules' results.
struct StackWalk {
    /// A way that ends in success.
    enum Success: Equatable {
        case asked
        /// The module was not asked; holds the index of the line that ended the stack or passed over the module's.
        case passedBy(Int?)
    }

    /// Nil if no way ends in success.
    private(set) var success: Success?

    private let lines: [AuthStack.Line]
    private let results: (AuthStack.Line) -> [String]
    private var seen: Set<State> = []

    /// State of the dispatcher.
    ///
    /// Its memory of results is simplified to the side of success: `reset` also forgets refusals from before the
    /// substack, and a jump that is too long ends the stack.
    private struct State: Hashable {
        var index = 0
        var hasSuccess = false
        var hasRefusal = false
        var isAsked = false
        var turn: Int?
    }

    /// Walks through the lines.
    ///
    /// `results` returns the values that a line's module may return, by libpam's names without `PAM_`, in lower case.
    init(_ lines: [AuthStack.Line], results: @escaping (AuthStack.Line) -> [String]) {
        self.lines = lines
        self.results = results
        var open = [State()]
        while success == nil, let state = open.popLast() {
            guard seen.insert(state).inserted else { continue }
            guard state.index < lines.count else {
                if state.hasSuccess, !state.hasRefusal {
                    success = if state.isAsked { .asked } else { .passedBy(state.turn) }
                }
                continue
            }
            // The first result is followed first.
            open += next(state).reversed()
        }
    }

    private func next(_ state: State) -> [State] {
        let line = lines[state.index]
        guard !line.module.isEmpty else {
            var state = state
            state.index += 1
            return [state]
        }
        return results(line).map { after(state, result: $0) }
    }

    private func after(_ state: State, result: String) -> State {
        let line = lines[state.index]
        var next = state
        next.index += 1
        if line.isOurs { next.isAsked = true }
        switch line.control.action(on: result) {
        case .ignore: break
        case .ok, .done:
            // As in libpam, `ignore` is not counted as a result, and a failure stays a failure.
            if result == "success" { next.hasSuccess = true } else if result != "ignore" { next.hasRefusal = true }
            let ends = line.control.action(on: result) == .done && !next.hasRefusal && next.hasSuccess
            if ends { leave(&next, from: state.index) }
        case .bad: next.hasRefusal = true
        case .die:
            next.hasRefusal = true
            leave(&next, from: state.index)
        case .reset: (next.hasSuccess, next.hasRefusal) = (false, false)
        case .jump(let count):
            next.index = past(state.index, count: count)
            if !next.isAsked, lines[state.index..<next.index].contains(where: \.isOurs) { next.turn = state.index }
        }
        return next
    }

    /// Ends the stack, or the substack around the line.
    private func leave(_ state: inout State, from index: Int) {
        if !state.isAsked { state.turn = index }
        let level = lines[index].level
        guard level != 0 else {
            state.index = lines.count
            return
        }
        state.index = lines[index...].firstIndex { $0.level < level } ?? lines.count
    }

    /// Returns the line after `count` lines of this level, each with its substack.
    private func past(_ index: Int, count: Int) -> Int {
        let level = lines[index].level
        var (next, left) = (index + 1, count)
        while next < lines.count, lines[next].level >= level, left > 0 {
            repeat { next += 1 } while next < lines.count && lines[next].level > level
            left -= 1
        }
        return next
    }
}

extension PAMControl.Action {
    /// Whether it ends the stack, or passes over lines.
    var isWay: Bool {
        switch self {
        case .done, .jump: true
        case .ignore, .ok, .bad, .die, .reset: false
        }
    }
}

extension AuthStack.Line {
    /// Modules that take the people they apply to from files of their own.
    private static let byFile = [
        "pam_rootok.so", "pam_listfile.so", "pam_access.so", "pam_wheel.so", "pam_group.so", "pam_time.so",
    ]
    /// Conditions of pam_succeed_if(8) that few people meet.
    private static let narrow = ["=", "eq", "in", "ingroup", "innetgr", "<", "<=", "lt", "le"]

    /// Whether the line may send some people, or some callers, another way on purpose.
    ///
    /// A way for everybody, or nearly everybody, does not count, such as `uid >= 1000`.
    var exempts: Bool {
        switch module {
        case "pam_succeed_if.so": hasNarrowCondition
        case "pam_usertype.so": arguments.contains("issystem")
        default: Self.byFile.contains(module)
        }
    }

    /// Whether any of its results ends the stack, or passes over lines.
    var hasWay: Bool { ["success", "auth_err", "perm_denied"].contains { control.action(on: $0).isWay } }

    /// Whether any condition is narrow, as all conditions of a line must hold.
    private var hasNarrowCondition: Bool {
        arguments.indices.dropFirst().dropLast().contains { index in
            let (name, value) = (arguments[index - 1], arguments[index + 1])
            return Self.narrow.contains(arguments[index].lowercased()) && !(["*", "?*"].contains(value))
                && ["user", "uid", "gid", "tty", "rhost", "service", "ruser"].contains(name)
        } || arguments.contains { ["ingroup", "innetgr"].contains($0) }
    }
}

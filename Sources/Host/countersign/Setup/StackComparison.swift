/// Compares a stack with the same stack and the module in it: nothing else may change.
struct StackComparison {
    /// Most modules for which all combinations of results are tried.
    private static let most = 12

    /// Whether, with a module that always succeeds, the same results of the others let in; nil if there are too many.
    let letsInTheSame: Bool?

    init(_ before: AuthStack, _ after: AuthStack) {
        let (first, second) = (Self.others(before), Self.others(after))
        guard first.map(\.module) == second.map(\.module) else {
            letsInTheSame = false
            return
        }
        let free = first.indices.filter { !["pam_deny.so", "pam_permit.so"].contains(first[$0].module) }
        guard free.count <= Self.most else {
            letsInTheSame = nil
            return
        }
        letsInTheSame = (0..<(1 << free.count)).allSatisfy { combination in
            let refused = Set(free.enumerated().filter { combination >> $0.offset & 1 == 1 }.map(\.element))
            return Self.succeeds(before, others: first, refused: refused)
                == Self.succeeds(after, others: second, refused: refused)
        }
    }

    private static func others(_ stack: AuthStack) -> [AuthStack.Line] {
        stack.lines.filter { !$0.isOurs && !$0.module.isEmpty }
    }

    private static func succeeds(_ stack: AuthStack, others: [AuthStack.Line], refused: Set<Int>) -> Bool {
        let refusing = Set(refused.map { others[$0].place })
        let walk = StackWalk(stack.lines) { line in
            let isRefused = line.module == "pam_deny.so" || refusing.contains(line.place)
            return [isRefused && !line.isOurs ? "auth_err" : "success"]
        }
        return walk.success != nil
    }
}

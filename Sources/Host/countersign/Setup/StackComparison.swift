/// Compares a stack with the same stack and the module in it: nothing else may change.
struct StackComparison {
    /// Most modules for which all combinations of results are tried.
    private static let most = 10

    /// Whether, with a module that always succeeds, the same results of the others let in; nil if there are too many.
    let letsInTheSame: Bool?

    init(_ before: AuthStack, _ after: AuthStack) {
        let (first, second) = (Self.others(before), Self.others(after))
        guard first.map(\.module) == second.map(\.module) else {
            letsInTheSame = false
            return
        }
        let free = first.indices.filter { !["pam_deny.so", "pam_permit.so"].contains(first[$0].module) }
        // A line whose refusal is final refuses by itself, so one such refusal at a time tells as much as several.
        let hasReset = first.contains { line in
            ["success", "auth_err"].contains { line.control.action(on: $0) == .reset }
        }
        let final = hasReset ? [] : free.filter { Self.isFinal(first[$0].control) }
        let open = free.filter { !final.contains($0) }
        guard open.count <= Self.most else {
            letsInTheSame = nil
            return
        }
        let alone: [Int?] = [nil] + final
        letsInTheSame = (0..<(1 << open.count)).allSatisfy { combination in
            let refused = open.enumerated().filter { combination >> $0.offset & 1 == 1 }.map(\.element)
            return alone.allSatisfy { one in
                let all = refused + (one.map { [$0] } ?? [])
                return Self.succeeds(before, refused: all.map { first[$0].place })
                    == Self.succeeds(after, refused: all.map { second[$0].place })
            }
        }
    }

    /// Whether a stack lets in if every module of it succeeds.
    static func letsAnybodyIn(_ stack: AuthStack) -> Bool { succeeds(stack, refused: []) }

    private static func others(_ stack: AuthStack) -> [AuthStack.Line] {
        stack.lines.filter { !$0.isOurs && !$0.module.isEmpty }
    }

    private static func isFinal(_ control: PAMControl) -> Bool {
        control.action(on: "success") == .ok && [.bad, .die].contains(control.action(on: "auth_err"))
    }

    private static func succeeds(_ stack: AuthStack, refused places: [String]) -> Bool {
        let walk = StackWalk(stack.lines) { line in
            let isRefused = line.module == "pam_deny.so" || places.contains(line.place)
            return [isRefused && !line.isOurs ? "auth_err" : "success"]
        }
        return walk.success != nil
    }
}

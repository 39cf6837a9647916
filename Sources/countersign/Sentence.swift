internal import Accounts
internal import LoginFlow

/// What a command changed, in one line for a person.
enum Sentence {
    static func linked(_ person: Person, _ id: AuthyID, _ change: Change) -> String {
        let before = change.before.authyID.map { $0 == id ? " (as before)" : " (was \($0))" } ?? ""
        return line(person, ["linked to AuthyID \(id)\(before)", state(change)] + forgotten(person, change))
    }

    static func softToken(_ person: Person, _ token: StoredSoftToken, _ change: Change) -> String {
        let what = change.before.hasSoftToken ? "SoftToken replaced" : "SoftToken made"
        let parameters = "\(token.algorithm), \(token.digits) digits, \(token.period) s"
        return line(person, ["\(what) (\(parameters))", state(change)] + forgotten(person, change))
    }

    static func unlinked(_ person: Person, _ change: Change) -> String {
        guard change.before.state != .none else { return line(person, ["nothing to unlink; the account has no factor"]) }
        let link = change.before.authyID.map { ["unlinked from AuthyID \($0)"] } ?? []
        return line(person, link + (change.before.hasSoftToken ? ["SoftToken deleted"] : []) + [state(change)])
    }

    static func grace(_ person: Person, _ change: Change, left: Int) -> String {
        line(person, ["\(count(change.after.graceUsed, "grace login")) used (was \(change.before.graceUsed))", "\(left) left"])
    }

    static func unlocked(_ person: Person, _ unlocked: Unlocked, now: Int64) -> String {
        let taken = [
            unlocked.failures > 0 ? count(unlocked.failures, "failure") : nil,
            unlocked.lockedUntil.map { $0 > now ? "a lock until \(Moment.local($0))" : "a lock that had run out" },
            unlocked.pushes > 0 ? "\(count(unlocked.pushes, "approval request")) and any pause after them" : nil,
            unlocked.oneCodes > 0 ? count(unlocked.oneCodes, "OneCode") : nil,
            unlocked.spentStep.map { "time step \($0), spent in the future" },
        ].compactMap { $0 }
        return line(person, taken.isEmpty ? ["nothing to unlock"] : ["unlocked", "cleared: " + taken.joined(separator: ", ")])
    }

    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func line(_ person: Person, _ parts: [String]) -> String {
        "\(person.name.plain): \(parts.joined(separator: "; "))"
    }

    private static func state(_ change: Change) -> String {
        switch (change.before.state, change.after.state) {
        case (_, .none): "the account has no factor now"
        case (let before, let after): "the account \(before == after ? "stays" : "is now") \(after)"
        }
    }

    private static func forgotten(_ person: Person, _ change: Change) -> [String] {
        change.forgotten.map { "the account of an earlier \(person.name.plain), uid \($0), is deleted" }
    }
}

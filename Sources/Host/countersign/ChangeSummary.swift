internal import Accounts
internal import CommandSupport
internal import Identifiers
internal import LoginPolicy

/// Tells a person in one line what a command changed.
enum ChangeSummary {
    static func linked(_ person: Person, id: AuthyID, change: AccountChange) -> String {
        let before =
            switch change.before.authyID {
            case nil: ""
            case id?: " (as before)"
            case let other?: " (was \(other))"
            }
        return line(
            person, parts: ["linked to AuthyID \(id)\(before)", state(change)] + forgotten(person, change: change))
    }

    static func softToken(_ person: Person, token: StoredSoftToken, change: AccountChange) -> String {
        let what = if change.before.hasSoftToken { "SoftToken replaced" } else { "SoftToken made" }
        let parameters = "\(token.algorithm), \(token.digits) digits, \(token.period) s"
        return line(person, parts: ["\(what) (\(parameters))", state(change)] + forgotten(person, change: change))
    }

    /// Names the factors of an account.
    static func factors(_ account: Account) -> String {
        var names: [String] = []
        if let id = account.authyID { names.append("AuthyID \(id)") }
        if account.hasSoftToken { names.append("SoftToken") }
        return if names.isEmpty { "no factor" } else { names.joined(separator: ", ") }
    }

    static func unlinked(_ person: Person, change: AccountChange) -> String {
        guard change.before.state != .none else {
            return line(person, parts: ["nothing to unlink; the account has no factor"])
        }
        var parts: [String] = []
        if let id = change.before.authyID { parts.append("unlinked from AuthyID \(id)") }
        if change.before.hasSoftToken { parts.append("SoftToken deleted") }
        return line(person, parts: parts + [state(change)])
    }

    static func grace(_ person: Person, change: AccountChange, left: Int) -> String {
        line(
            person,
            parts: [
                "\(change.after.graceUsed.counted("grace login")) used (was \(change.before.graceUsed))",
                "\(left) left",
            ])
    }

    static func unlocked(_ person: Person, unlocked: Unlocked, now: Int64) -> String {
        line(
            person, parts: cleared(unlocked, now: now).map { ["unlocked", "cleared: \($0)"] } ?? ["nothing to unlock"])
    }

    /// Returns nil if nothing was cleared.
    static func cleared(_ unlocked: Unlocked, now: Int64) -> String? {
        var taken: [String] = []
        if unlocked.failures > 0 { taken.append(unlocked.failures.counted("failure")) }
        switch unlocked.lockedUntil {
        case let until? where until > now: taken.append("a lock until \(Timestamp.local(until))")
        case .some: taken.append("a lock that had run out")
        case nil: break
        }
        if unlocked.failuresOfDay > 0 {
            taken.append(unlocked.failuresOfDay.counted("wrong code of a day", plural: "wrong codes of a day"))
        }
        if unlocked.pushes > 0 {
            taken.append("\(unlocked.pushes.counted("approval request")) and any pause after them")
        }
        if unlocked.oneCodes > 0 { taken.append(unlocked.oneCodes.counted("OneCode")) }
        if let step = unlocked.spentStep { taken.append("time step \(step), spent in the future") }
        return if taken.isEmpty { nil } else { taken.joined(separator: ", ") }
    }

    static func optedOut(_ person: Person, change: AccountChange, rule: EnrolmentRules.OptOut) -> String {
        let done = if change.before.optedOut == nil { "opted out" } else { "opted out already" }
        let rest: [String] =
            switch rule {
            case .yes where change.after.state == .none: []
            case .yes: ["the account stays \(change.after.state), and is asked again after opt-in"]
            case .grace: ["it counts as long as grace logins last"]
            case .no: ["the settings do not allow it, so it does not count"]
            }
        return line(person, parts: [done] + rest + forgotten(person, change: change))
    }

    static func optedIn(_ person: Person, change: AccountChange) -> String {
        guard change.before.optedOut != nil else {
            return line(person, parts: ["nothing to undo; the account is not opted out"])
        }
        let state = change.after.state
        let rest = if state == .none { "the account has no factor" } else { "the account is \(state)" }
        return line(person, parts: ["opted in", rest])
    }

    static func paused(_ person: Person, pause: FactorPause, change: AccountChange) -> String {
        line(
            person,
            parts: ["paused until \(Timestamp.local(pause.until))", pause.reason] + forgotten(person, change: change))
    }

    static func unpaused(_ person: Person, change: AccountChange, now: Int64) -> String {
        guard let pause = change.before.pause else {
            return line(person, parts: ["nothing to end; the account is not paused"])
        }
        let ended = if pause.until > now { "the pause is ended" } else { "the pause had run out" }
        return line(person, parts: [ended])
    }

    static func prefers(_ person: Person, change: AccountChange) -> String {
        let before = change.before.prefers.map { " (was \($0.rawValue))" } ?? ""
        let now = change.after.prefers.map { "\($0.rawValue) is tried first" } ?? "what the settings say is tried first"
        return line(person, parts: [now + before] + forgotten(person, change: change))
    }

    static func recovery(_ person: Person, change: AccountChange) -> String {
        let void: [String] =
            switch change.before.recoveryLeft {
            case 0: []
            case 1: ["the one from before is void"]
            case let before: ["the \(before) from before are void"]
            }
        return line(person, parts: ["\(change.after.recoveryLeft.counted("recovery code")), shown this once"] + void)
    }

    fileprivate static func line(_ person: Person, parts: [String]) -> String {
        "\(person.label): \(parts.joined(separator: "; "))"
    }

    fileprivate static func state(_ change: AccountChange) -> String {
        switch (change.before.state, change.after.state) {
        case (_, .none): "the account has no factor now"
        case (let before, let after): "the account \(before == after ? "stays" : "is now") \(after)"
        }
    }

    fileprivate static func forgotten(_ person: Person, change: AccountChange) -> [String] {
        change.forgotten.map { "the account of an earlier \(person.name.plain), uid \($0), is deleted" }
    }
}

extension ChangeSummary {
    static func registered(_ person: Person, id: AuthyID, phone: PhoneNumber, change: AccountChange) -> String {
        line(
            person,
            parts: ["registered \(phone.maskedWithCode) as AuthyID \(id)", state(change)]
                + forgotten(person, change: change))
    }
}

extension Person {
    /// The name, and the key where people are told apart by it, for people.
    var label: String { nameWithKey.plain }
}

internal import Accounts
internal import CommandSupport
internal import Identifiers
internal import LoginPolicy

/// Tells a person in one line what a command changed.
enum ChangeSummary {
    static func linked(_ person: Person, id: AuthyID, change: AccountChange) -> String {
        let before = change.before.authyID.map { $0 == id ? " (as before)" : " (was \($0))" } ?? ""
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
        let names = [account.authyID.map { "AuthyID \($0)" }, account.hasSoftToken ? "SoftToken" : nil].compactMap {
            $0
        }
        return if names.isEmpty { "no factor" } else { names.joined(separator: ", ") }
    }

    static func unlinked(_ person: Person, change: AccountChange) -> String {
        guard change.before.state != .none else {
            return line(person, parts: ["nothing to unlink; the account has no factor"])
        }
        let link = change.before.authyID.map { ["unlinked from AuthyID \($0)"] } ?? []
        return line(person, parts: link + (change.before.hasSoftToken ? ["SoftToken deleted"] : []) + [state(change)])
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
        let taken = [
            unlocked.failures > 0 ? unlocked.failures.counted("failure") : nil,
            unlocked.lockedUntil.map { $0 > now ? "a lock until \(Timestamp.local($0))" : "a lock that had run out" },
            unlocked.failuresOfDay > 0
                ? unlocked.failuresOfDay.counted("wrong code of a day", plural: "wrong codes of a day") : nil,
            unlocked.pushes > 0 ? "\(unlocked.pushes.counted("approval request")) and any pause after them" : nil,
            unlocked.oneCodes > 0 ? unlocked.oneCodes.counted("OneCode") : nil,
            unlocked.spentStep.map { "time step \($0), spent in the future" },
        ].compactMap { $0 }
        return if taken.isEmpty { nil } else { taken.joined(separator: ", ") }
    }

    static func optedOut(_ person: Person, change: AccountChange, rule: EnrolmentRules.OptOut) -> String {
        let rest =
            switch rule {
            case .yes:
                change.after.state == .none
                    ? [] : ["the account stays \(change.after.state), and is asked again after opt-in"]
            case .grace: ["it counts as long as grace logins last"]
            case .no: ["the settings do not allow it, so it does not count"]
            }
        return line(
            person,
            parts: [change.before.optedOut == nil ? "opted out" : "opted out already"] + rest
                + forgotten(person, change: change))
    }

    static func optedIn(_ person: Person, change: AccountChange) -> String {
        guard change.before.optedOut != nil else {
            return line(person, parts: ["nothing to undo; the account is not opted out"])
        }
        return line(
            person,
            parts: [
                "opted in",
                change.after.state == .none ? "the account has no factor" : "the account is \(change.after.state)",
            ])
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
        return line(person, parts: [pause.until > now ? "the pause is ended" : "the pause had run out"])
    }

    static func prefers(_ person: Person, change: AccountChange) -> String {
        let before = change.before.prefers.map { " (was \($0.rawValue))" } ?? ""
        let now = change.after.prefers.map { "\($0.rawValue) is tried first" } ?? "what the settings say is tried first"
        return line(person, parts: [now + before] + forgotten(person, change: change))
    }

    static func recovery(_ person: Person, change: AccountChange) -> String {
        let before = change.before.recoveryLeft
        let void =
            before == 0
            ? [] : ["\(before == 1 ? "the one" : "the \(before)") from before \(before == 1 ? "is" : "are") void"]
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

/// How far an account has come.
public enum AccountState: String, Equatable, Sendable, CaseIterable {
    /// No factor at all.
    case none
    /// A factor, which has not succeeded yet.
    case linked
    /// A factor has once succeeded: it is asked for from then on, whatever the mode.
    case confirmed
}

/// What policy says of a login before anything is asked: a pure function of settings, account and client.
public enum Admission: Equatable, Sendable {
    /// The word `skip` at the prompt: not there, free, or spending a grace login.
    public enum Skip: Equatable, Sendable { case none, free, spending }

    case decided(Decision)
    /// Excused if a grace login can be spent, else denied.
    case needsGrace
    case needsFactor(Skip)

    /// - Parameters:
    ///   - isKnown: false where the system knows no such user; such a login is played to the end and denied.
    ///   - graceIsOver: whether `grace_until` has passed.
    public init(isKnown: Bool, isExempt: Bool, state: AccountState, mode: EnrolmentRules.Mode, graceIsOver: Bool) {
        self =
            switch (isKnown, isExempt, state, mode) {
            case (false, _, _, _): .needsFactor(.none)
            case (true, true, _, _): .decided(Decision(.excused, .exempt))
            case (true, false, .confirmed, _): .needsFactor(.none)
            case (true, false, .linked, .optional): .needsFactor(.free)
            case (true, false, .linked, .grace): .needsFactor(graceIsOver ? .none : .spending)
            case (true, false, .linked, .required): .needsFactor(.none)
            case (true, false, .none, .optional): .decided(Decision(.excused, .optional))
            case (true, false, .none, .grace) where graceIsOver: .decided(Decision(.denied, .graceOver, farewell: Texts.graceOver))
            case (true, false, .none, .grace): .needsGrace
            case (true, false, .none, .required): .decided(Decision(.denied, .notEnrolled, farewell: Texts.notEnrolled))
            }
    }
}

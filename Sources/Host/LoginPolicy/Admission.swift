internal import Identifiers

/// How far an account has come.
public enum AccountState: String, Equatable, Sendable, CaseIterable {
    /// No factor at all.
    case none
    /// A factor, which has not succeeded yet.
    case linked
    /// A factor has once succeeded: it is asked for from then on, whatever the mode.
    case confirmed
}

/// What policy says of a login that no exemption matches, before anything is asked: a pure function of settings and account.
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
    public init(isKnown: Bool, state: AccountState, mode: EnrolmentRules.Mode, graceIsOver: Bool) {
        self =
            switch (isKnown, state, mode) {
            case (false, _, _): .needsFactor(.none)
            case (true, .confirmed, _): .needsFactor(.none)
            case (true, .linked, .optional): .needsFactor(.free)
            case (true, .linked, .grace): .needsFactor(graceIsOver ? .none : .spending)
            case (true, .linked, .required): .needsFactor(.none)
            case (true, .none, .optional): .decided(Decision(.excused, .optional))
            case (true, .none, .grace) where graceIsOver:
                .decided(Decision(.denied, .graceOver, farewell: Texts.graceOver))
            case (true, .none, .grace): .needsGrace
            case (true, .none, .required): .decided(Decision(.denied, .notEnrolled, farewell: Texts.notEnrolled))
            }
    }
}

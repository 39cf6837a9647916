internal import Identifiers

/// How far the enrollment of an account has come.
public enum AccountState: String, Equatable, Sendable, CaseIterable {
    /// No factor at all.
    case none
    /// A factor that has not succeeded yet.
    case linked
    /// A factor has succeeded once: from then on it is required, whatever the mode.
    case confirmed
}

/// What policy says about a login that no exemption matches, before anything is asked.
///
/// It is a pure function of settings and account.
public enum Admission: Equatable, Sendable {
    /// What the word `skip` at the prompt does: not offered, free, or spends a grace login.
    public enum Skip: Equatable, Sendable { case none, free, spending }

    case decided(Decision)
    /// The login is excused if a grace login can be spent, and denied otherwise.
    case needsGrace
    /// A factor is required, unless the user types `skip` where that is offered.
    case needsFactor(Skip)

    /// Decides by mode and account.
    ///
    /// - Parameters:
    ///   - isKnown: whether the system knows the user; if not, the flow runs as a decoy and is denied in the end.
    ///   - state: how far the account has come.
    ///   - mode: `[enrolment] mode`.
    ///   - graceIsOver: whether `grace_until` has passed.
    ///   - texts: what the user reads.
    public init(isKnown: Bool, state: AccountState, mode: EnrolmentRules.Mode, graceIsOver: Bool, texts: Texts) {
        self =
            switch (isKnown, state, mode) {
            case (false, _, _): .needsFactor(.none)
            case (true, .confirmed, _): .needsFactor(.none)
            case (true, .linked, .optional): .needsFactor(.free)
            case (true, .linked, .grace): .needsFactor(graceIsOver ? .none : .spending)
            case (true, .linked, .required): .needsFactor(.none)
            case (true, .none, .optional): .decided(Decision(.excused, .optional))
            case (true, .none, .grace) where graceIsOver:
                .decided(Decision(.denied, .graceOver, finalMessage: texts[.notEnrolled]))
            case (true, .none, .grace): .needsGrace
            case (true, .none, .required): .decided(Decision(.denied, .notEnrolled, finalMessage: texts[.notEnrolled]))
            }
    }
}

/// How one login ended. There are four kinds and no others.
public enum Outcome: String, Equatable, Sendable, CaseIterable {
    /// A factor was proven.
    case approved
    /// Policy lets this login pass without a factor. Never called a success.
    case excused
    /// The person was refused.
    case denied
    /// Something that the decision needs did not work. Refused as well.
    case unavailable

    /// Whether the login program may go on.
    public var letsIn: Bool { self == .approved || self == .excused }
}

/// How one login ended, in four kinds.
public enum Outcome: String, Equatable, Sendable, CaseIterable {
    /// A factor was proven.
    case approved
    /// Policy lets this login pass without a factor. It is never called a success.
    case excused
    /// The login is refused.
    case denied
    /// Something that the decision needs did not work. The login is refused as well.
    case unavailable

    /// Whether the login program may go on.
    public var letsIn: Bool { self == .approved || self == .excused }
}

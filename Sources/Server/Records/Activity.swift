public import Identifiers

// Times are Unix time in seconds; sealed bytes are opaque in this module.

/// An event in a user's history: a code used, a device added, or an activity that an application registered.
public struct Activity: Equatable, Sendable {
    /// The number that the store assigns; 0 before.
    public var id: Int64 = 0
    /// The id of the user.
    public let user: AuthyID
    /// The application that took part; nil for none.
    public let application: Int64?
    /// When it happened.
    public let at: Int64

    /// The kind of event.
    ///
    /// One of `softtoken`, `onecode`, `confirmation`, `device_added`, `device_removed`, `link_made`, `reported`,
    /// `phone_changed`, `consented`, `refused`, or a type of register_activity.
    public let kind: String
    /// A short plain text without secrets, codes or phone numbers; may be empty.
    public let detail: String

    /// Makes an activity that is not stored yet.
    public init(user: AuthyID, application: Int64?, at: Int64, kind: String, detail: String) {
        self.user = user
        self.application = application
        self.at = at
        self.kind = kind
        self.detail = detail
    }
}

/// One attempt to deliver a message through one gateway.
public struct DeliveryRecord: Equatable, Sendable {
    /// When the attempt was made.
    public let at: Int64
    /// The application on whose behalf; nil for none.
    public let application: Int64?
    /// The user it was sent to; nil for none.
    public let user: AuthyID?
    /// The kind of message: `sms`, `call`, `email` or `push`.
    public let kind: String
    /// The name of the gateway.
    public let gateway: String
    /// Whether the gateway accepted the message.
    public let succeeded: Bool
    /// A short plain text without codes or phone numbers; may be empty.
    public let detail: String
    /// How long the attempt took, in milliseconds.
    public let milliseconds: Int64

    /// Makes a delivery record with the given columns.
    public init(
        at: Int64, application: Int64?, user: AuthyID?, kind: String, gateway: String, succeeded: Bool, detail: String,
        milliseconds: Int64
    ) {
        self.at = at
        self.application = application
        self.user = user
        self.kind = kind
        self.gateway = gateway
        self.succeeded = succeeded
        self.detail = detail
        self.milliseconds = milliseconds
    }
}

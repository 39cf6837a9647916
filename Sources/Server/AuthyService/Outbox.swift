public import Identifiers

/// Delivers codes and notifications; the program that runs the service provides it.
public protocol Outbox: Sendable {
    /// Returns whether a gateway is configured for this kind of message.
    func canSend(_ kind: OneCode.Kind) -> Bool

    /// Tries the gateways in order until one accepts the message; returns whether one did.
    func send(_ message: OneCode) async -> Bool

    /// Returns whether the server may call the push service at this address.
    func mayPush(to endpoint: String) -> Bool

    /// Tells the user's phones of a request, without waiting for the delivery.
    func notify(_ request: Notification)

    /// Starts the delivery of callbacks that are due in the store, without waiting for it.
    func deliverCallbacks()
}

/// A code or link on its way to a person.
public struct OneCode: Sendable {
    /// How it is delivered: text message, phone call or e-mail.
    public enum Kind: String, Sendable, CaseIterable { case sms, call, email }

    /// How it is delivered.
    public let kind: Kind
    /// The phone number in E.164 form with its plus, or the e-mail address.
    public let to: String
    /// The code, 4 to 10 digits; empty if the text holds a link.
    public let code: String
    /// The text to send or to speak.
    public let text: String
    /// The subject of an e-mail; otherwise not used.
    public let subject: String
    /// The id of the application on whose behalf it is sent; 0 for none.
    public let application: Int64
    /// The display name of that application.
    public let applicationName: String
    /// The user; nil if the number need not belong to one.
    public let user: AuthyID?
    /// The language that the client asked for; nil for none.
    public let locale: String?
}

/// A notification to a phone; the details of the request stay on the server until the person opens it.
public struct Notification: Sendable {
    /// The id of the request.
    public let request: ApprovalRequestID
    /// The id of the user.
    public let user: AuthyID
    /// The id of the application.
    public let application: Int64
    /// The title: the name of the application.
    public let title: String
    /// The message of the request.
    public let body: String
    /// When the request expires, as Unix time in seconds; nil for never.
    public let ends: Int64?
}

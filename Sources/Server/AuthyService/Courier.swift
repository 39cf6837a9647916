public import Identifiers

/// How codes and notifications leave the server; the program gives the service one that does it.
public protocol Outbox: Sendable {
    /// Whether there is any way for a kind of message.
    func canSend(_ kind: OneCode.Kind) -> Bool
    /// Tries the ways in their order; true as soon as one took it.
    func send(_ message: OneCode) async -> Bool
    /// Whether the push service of this address is one that the server may call.
    func mayPush(to endpoint: String) -> Bool
    /// Tells the user's phones of a request, without waiting for it.
    func notify(_ request: Notification)
    /// Tells the application of a decision, without waiting for it. What is told stands in the store.
    func tell()
}

/// A code on its way to a person.
public struct OneCode: Sendable {
    public enum Kind: String, Sendable, CaseIterable { case sms, call, email }

    public let kind: Kind
    /// E.164 with its plus, or an e-mail address.
    public let to: String
    public let code: String
    public let text: String
    public let subject: String
    public let application: Int64
    public let applicationName: String
    public let user: AuthyID?
    public let locale: String?
}

/// What a phone is told of a request; the text of it stays on the server until the person looks.
public struct Notification: Sendable {
    public let request: ApprovalRequestID
    public let user: AuthyID
    public let application: Int64
    public let title: String
    public let body: String
    /// Unix time; nil for never.
    public let ends: Int64?
}

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

/// The ways in which a person can prove who they are; the raw values are the words of the settings, the log and the prompt.
public enum Factor: String, Equatable, Sendable, CaseIterable {
    /// Approve or deny on the phone.
    case oneTouch = "onetouch"
    /// A TOTP code from an app.
    case softToken = "softtoken"
    /// A OneCode by text message.
    case sms
    /// A OneCode by voice call.
    case call
}

/// A user's number at the 2FA server: a positive decimal integer (Authy API v1, `user.id`).
public struct AuthyID: Hashable, Sendable, CustomStringConvertible {
    public let value: Int64

    public init?(_ value: Int64) {
        guard value > 0 else { return nil }
        self.value = value
    }

    /// Takes ASCII digits only, without sign, blank or leading zero, so that it may stand in a URL as it is.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...18).contains(bytes.count), bytes.first != 0x30, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(text)
        else { return nil }
        self.init(value)
    }

    public var description: String { String(value) }
}

/// The name of an approval request: a UUID (RFC 9562, section 4) in lower case, so that it may stand in a URL as it is.
public struct ApprovalRequestID: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (index, byte) in bytes.enumerated() {
            switch (index, byte) {
            case (8, 0x2D), (13, 0x2D), (18, 0x2D), (23, 0x2D): continue
            case (8, _), (13, _), (18, _), (23, _): return nil
            case (_, 0x30...0x39), (_, 0x41...0x46), (_, 0x61...0x66): continue
            default: return nil
            }
        }
        description = text.lowercased()
    }
}

/// What a person typed as a code: 6 to 10 ASCII digits, kept as text since `012345` is not 12345.
///
/// Blanks between the digits are dropped, as apps show codes in groups.
public struct OneTimeCode: Equatable, Sendable {
    public let digits: String

    public init?(_ typed: some Collection<UInt8>) {
        let digits = typed.filter { $0 != 0x20 }
        guard typed.count <= 32, (6...10).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.digits = String(decoding: digits, as: UTF8.self)
    }
}

/// The one whose factor is asked for: a name that the system knows, and its number.
///
/// Accounts are kept by both, so that a name which comes back with another uid inherits nothing.
public struct Person: Hashable, Sendable {
    public let name: String
    public let uid: UInt32

    public init(name: String, uid: UInt32) {
        self.name = name
        self.uid = uid
    }
}

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
    /// A recovery code: good once, for whoever lost the phone.
    case recovery
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
/// Blanks and hyphens between the digits are dropped, as apps and messages show codes in groups.
public struct OneTimeCode: Equatable, Sendable {
    public let digits: String

    public init?(_ typed: some Collection<UInt8>) {
        guard let digits = Self.digits(of: typed, count: 6...10) else { return nil }
        self.digits = digits
    }

    /// The digits of a code that has another length, read in the same way.
    /// - Parameter count: how many there may be.
    /// - Returns: nil where there are more or fewer, or anything but digits, blanks and hyphens between them.
    public static func digits(of typed: some Collection<UInt8>, count: ClosedRange<Int>) -> String? {
        guard typed.count <= 128 else { return nil }
        let characters = TypedCharacter.all(in: Array(typed))
        let first = characters.first { $0 != .blank }
        let last = characters.last { $0 != .blank }
        let digits = characters.compactMap { if case .byte(let byte) = $0 { byte } else { nil } }
        guard characters.count <= 32, first != .hyphen, last != .hyphen, count.contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// What a person typed as a recovery code: 8 to 32 letters and digits, without the blanks and hyphens between them.
///
/// Capital letters are small ones; the letter o is the digit 0, and i and l are 1, as people read them.
public struct RecoveryCode: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    public let text: String

    public init?(_ typed: some Collection<UInt8>) {
        guard typed.count <= 256 else { return nil }
        let characters = TypedCharacter.all(in: Array(typed))
        guard characters.count <= 64 else { return nil }
        let kept = characters.compactMap { if case .byte(let byte) = $0 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte } else { nil } }
        guard (8...32).contains(kept.count), kept.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }) else {
            return nil
        }
        text = String(decoding: kept.map { $0 == 0x6F ? 0x30 : $0 == 0x69 || $0 == 0x6C ? 0x31 : $0 }, as: UTF8.self)
    }

    /// Whether it is one of ours: 12 characters of Crockford's Base32. Others are imported.
    public var isOurs: Bool { text.utf8.count == 12 && !text.utf8.contains(0x75) }

    /// Without the code.
    public var description: String { "RecoveryCode" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The SHA-256 fingerprint of an SSH public key, as `ssh-keygen -lf` prints it: `SHA256:` and 43 characters of Base64 without padding.
public struct KeyFingerprint: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init?(_ text: String) {
        let digest = text.utf8.dropFirst(7)
        guard text.hasPrefix("SHA256:"), digest.count == 43, digest.allSatisfy(Self.isBase64) else { return nil }
        description = text
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
        default: false
        }
    }
}

/// The one whose factor is asked for: a name that the system knows, and its number; where several people use that account by SSH, the
/// key by which this one is told apart.
///
/// Accounts are kept by all of it, so that a name which comes back with another uid inherits nothing.
public struct Person: Hashable, Sendable {
    public let name: String
    public let uid: UInt32
    /// Nil for whoever uses the account by any other way or key.
    public let key: KeyFingerprint?

    public init(name: String, uid: UInt32, key: KeyFingerprint? = nil) {
        self.name = name
        self.uid = uid
        self.key = key
    }

    /// The name under which the account is kept: that of the system, a blank and the key.
    public var storedName: String { key.map { "\(name) \($0)" } ?? name }

    public init(storedName: String, uid: UInt32) {
        let parts = storedName.split(separator: " ", omittingEmptySubsequences: false)
        let key = parts.count > 1 ? parts.last.flatMap { KeyFingerprint(String($0)) } : nil
        self.init(name: key == nil ? storedName : parts.dropLast().joined(separator: " "), uid: uid, key: key)
    }
}

public import ServerSettings

/// A message to a person: a OneCode or an enrollment link.
public struct OneCodeMessage: Equatable, Sendable {
    /// The maximum size of the text in bytes, which every gateway accepts.
    static let longestText = 4_000

    /// How the message reaches the person.
    public var kind: Gateway.Kind
    /// A phone number as `+15551234567` (E.164), or an e-mail address.
    public var to: String
    /// The code in the text; empty if there is none.
    public var code: String
    /// The subject of an e-mail; ignored for other kinds.
    public var subject: String
    /// The whole text, including the code.
    public var text: String
    /// The name of the application that the person logs in to.
    public var application: String
    /// The language tag that the caller asked for, or nil.
    ///
    /// Only webhooks receive it: the text comes from the settings.
    public var locale: String?

    /// Creates a message.
    ///
    /// - Parameters:
    ///   - kind: how the message reaches the person.
    ///   - to: a phone number in E.164, or an e-mail address.
    ///   - code: the code in the text; empty if there is none.
    ///   - subject: the subject of an e-mail.
    ///   - text: the whole text, including the code.
    ///   - application: the name of the application that the person logs in to.
    ///   - locale: the language tag that the caller asked for, or nil.
    public init(
        kind: Gateway.Kind, to: String, code: String, subject: String, text: String, application: String,
        locale: String? = nil
    ) {
        self.kind = kind
        self.to = to
        self.code = code
        self.subject = subject
        self.text = text
        self.application = application
        self.locale = locale
    }

    /// The reason why no gateway can send the message, or nil.
    package var refusalReason: String? {
        let isAddress = if kind == .email { Recipient.isMail(to) } else { Recipient.isPhone(to) }
        if !isAddress { return "the address cannot be sent to" }
        return if text.utf8.count > Self.longestText { "the text is too long" } else { nil }
    }
}

/// Checks addresses of recipients.
///
/// A valid address does not begin with `-`, contains no blank and no quote, and cannot end a header or an argument.
package enum Recipient {
    /// Returns whether the text is E.164: `+` and 7 to 15 digits, the first one not 0.
    package static func isPhone(_ text: String) -> Bool {
        let digits = Array(text.utf8.dropFirst())
        return text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count) && digits.first != 0x30
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Returns whether the text is an ASCII address (RFC 5321, section 4.1.2) without quotes, comments or a numeric
    /// host.
    ///
    /// In the local part, only `.+-_=` are allowed beside letters and digits.
    package static func isMail(_ text: String) -> Bool {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first, let domain = parts.last, text.utf8.count <= 254 else {
            return false
        }
        return local.count <= 64 && local.first != 0x2D && isDotted(local, marks: "+-_=") && isDomain(domain)
    }

    /// Returns whether the bytes are a domain of at least two labels, in letters, digits and `-`.
    package static func isDomain(_ bytes: some Collection<UInt8>) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count > 1 && isDotted(bytes, marks: "-")
            && labels.allSatisfy { $0.count <= 63 && $0.first != 0x2D }
            && labels.last?.contains { $0 > 0x39 } == true
    }

    /// Whether the parts between dots are not empty and contain only letters, digits and `marks`.
    private static func isDotted(_ bytes: some Collection<UInt8>, marks: String) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy { isLetterOrDigit($0) || marks.utf8.contains($0) } }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
    }
}

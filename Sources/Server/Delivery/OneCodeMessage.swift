public import ServerSettings

/// What is to reach a person: a OneCode, or an enrolment link.
public struct OneCodeMessage: Equatable, Sendable {
    /// Bytes of text that any gateway takes.
    static let longestText = 4_000

    public var kind: Gateway.Kind
    /// A phone number as `+15551234567` (E.164), or an e-mail address.
    public var to: String
    /// Empty where the text holds none.
    public var code: String
    /// Of an e-mail.
    public var subject: String
    /// The whole text, with the code in it.
    public var text: String
    /// Whose login it is for, as people know it.
    public var application: String
    /// A language tag that the caller asked for; for webhooks only, as the text is the administrator's.
    public var locale: String?

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

    /// Why it cannot be sent by anything, or nil.
    package var fault: String? {
        let isAddress = kind == .email ? Recipient.isMail(to) : Recipient.isPhone(to)
        if !isAddress { return "the address cannot be sent to" }
        return text.utf8.count > Self.longestText ? "the text is too long" : nil
    }
}

/// What may stand where an address is expected. Neither kind can begin with `-`, hold a blank or a quote, or end a header or a command.
package enum Recipient {
    /// E.164: `+` and 7 to 15 digits, the first not 0.
    package static func isPhone(_ text: String) -> Bool {
        let digits = Array(text.utf8.dropFirst())
        return text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count) && digits.first != 0x30
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// An ASCII address (RFC 5321) without quotes, comments or a numeric host. Rarer marks than `.+-_=` are refused.
    package static func isMail(_ text: String) -> Bool {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first, let domain = parts.last, text.utf8.count <= 254 else {
            return false
        }
        return local.count <= 64 && local.first != 0x2D && isDotted(local, marks: "+-_=") && isDomain(domain)
    }

    /// A name with at least one dot, in letters, digits and `-`.
    package static func isDomain(_ bytes: some Collection<UInt8>) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count > 1 && isDotted(bytes, marks: "-")
            && labels.allSatisfy { $0.count <= 63 && $0.first != 0x2D }
            && labels.last?.contains { $0 > 0x39 } == true
    }

    /// Parts that are not empty, between dots.
    private static func isDotted(_ bytes: some Collection<UInt8>, marks: String) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy { isLetterOrDigit($0) || marks.utf8.contains($0) } }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
    }
}

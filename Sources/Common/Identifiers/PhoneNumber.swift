/// A phone number: country code and national number, digits only. Kept nowhere on a host, and shown masked.
///
/// It is one of E.164 where `PhoneNumber(written:in:)` of the target PhoneNumbers made it; `init(typed:countryCode:)` only takes apart what
/// was typed.
public struct PhoneNumber: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    public let countryCode: String
    public let national: String

    /// Digits only; a plus before the country code does not count. Separators in the national number are dropped.
    ///
    /// Nil unless the code has 1 to 3 digits, the national number 4 to 14, and both together at most 16: one more than E.164 allows, as the
    /// number may still have the 0 that is only dialed.
    public init?(countryCode: String, national: String) {
        let code = countryCode.drop { $0 == "+" }
        let digits = String(String.UnicodeScalarView(national.unicodeScalars.filter { !Separators.contains($0) }))
        guard (1...3).contains(code.utf8.count), code.first != "0", Self.areDigits(code),
            (4...14).contains(digits.utf8.count),
            Self.areDigits(digits), code.utf8.count + digits.utf8.count <= 16
        else { return nil }
        self.countryCode = String(code)
        self.national = digits
    }

    /// `+15551234567` with the country code told apart as the tables of E.164 have it.
    public init?(e164 text: String) {
        guard text.hasPrefix("+") else { return nil }
        let digits = text.dropFirst()
        guard Self.areDigits(digits) else { return nil }
        let length = Self.lengthOfCode(digits)
        self.init(countryCode: String(digits.prefix(length)), national: String(digits.dropFirst(length)))
    }

    /// What a person typed, for a server to decide which number that is: only the country code is told apart, and prefixes that are only
    /// dialed stay where they are. `00` at the beginning is a plus.
    /// - Parameter countryCode: digits, for numbers that do not name their own; nil where each has to.
    public init?(typed text: String, countryCode: String? = nil) {
        guard let written = try? WrittenPhoneNumber(text) else { return nil }
        if written.isInternational {
            self.init(e164: "+" + written.digits)
        } else if written.digits.hasPrefix("00") {
            self.init(e164: "+" + written.digits.dropFirst(2))
        } else if let countryCode {
            self.init(countryCode: countryCode, national: written.digits)
        } else {
            return nil
        }
    }

    public var e164: String { "+" + countryCode + national }
    /// As users/status shows it.
    public var masked: String { "XXX-XXX-" + national.suffix(4) }
    /// As sms and call show it.
    public var maskedWithCode: String { "+\(countryCode)-XXX-XXX-XX" + national.suffix(2) }

    /// Masked: a number stands in no log by accident.
    public var description: String { maskedWithCode }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func areDigits(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Country codes (ITU-T E.164, list of 2016): zones 1 and 7 have one digit, these two; all others have three.
    private static func lengthOfCode(_ digits: Substring) -> Int {
        if digits.hasPrefix("1") || digits.hasPrefix("7") { return 1 }
        let two =
            "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
        return two.split(separator: " ").contains(digits.prefix(2)) ? 2 : 3
    }
}

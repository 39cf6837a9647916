/// A phone number: country code and national number, digits only.
///
/// No host stores it, and it is shown masked. It is valid in E.164 if `PhoneNumber(written:in:)` of the target
/// PhoneNumbers made it; `init(typed:countryCode:)` only splits what was typed.
public struct PhoneNumber: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// 1 to 3 digits without a plus, such as `49`.
    public let countryCode: String
    /// The national number, 4 to 14 digits.
    public let national: String

    /// Takes digits; a plus before the country code and separators in the national number are dropped.
    ///
    /// Nil unless the code has 1 to 3 digits, the national number 4 to 14, and both together at most 16. That is one
    /// more than E.164 allows, as the number may still have the 0 that is only dialed.
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

    /// Reads `+15551234567`, and splits off the country code by the tables of E.164; nil for anything else.
    public init?(e164 text: String) {
        guard text.hasPrefix("+") else { return nil }
        let digits = text.dropFirst()
        guard Self.areDigits(digits) else { return nil }
        let length = Self.lengthOfCode(digits)
        self.init(countryCode: String(digits.prefix(length)), national: String(digits.dropFirst(length)))
    }

    /// Reads what a person typed, for a server to decide which number it is; nil if it cannot be a number.
    ///
    /// Only the country code is split off, and prefixes that are only dialed are kept. `00` at the beginning counts as
    /// a plus.
    ///
    /// - Parameters:
    ///   - text: the number as it was typed.
    ///   - countryCode: digits, for numbers without a country code; nil if each number must have its own.
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

    /// The number in E.164: a plus, the country code and the national number.
    public var e164: String { "+" + countryCode + national }
    /// The last 4 digits behind `XXX-XXX-`, as users/status shows the number.
    public var masked: String { "XXX-XXX-" + national.suffix(4) }
    /// The country code and the last 2 digits, as sms and call show the number.
    public var maskedWithCode: String { "+\(countryCode)-XXX-XXX-XX" + national.suffix(2) }

    /// The masked number, so that no number reaches a log by accident.
    public var description: String { maskedWithCode }
    /// Empty, so that a dump does not show the number.
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func areDigits(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Length of the country code (ITU-T E.164, list of 2016): 1 in zones 1 and 7, 2 for the codes listed, 3 for all
    /// others.
    private static func lengthOfCode(_ digits: Substring) -> Int {
        if digits.hasPrefix("1") || digits.hasPrefix("7") { return 1 }
        let two = """
            20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 \
            84 86 90 91 92 93 94 95 98
            """
        return if two.split(separator: " ").contains(digits.prefix(2)) { 2 } else { 3 }
    }
}

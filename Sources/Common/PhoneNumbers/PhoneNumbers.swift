internal import CPhoneNumber
public import Identifiers

/// The country of a number that is written without a country code.
public enum NumberCountry: Equatable, Sendable {
    /// The number must have its own country code.
    case unknown
    /// Digits of a country code; a number may have another one.
    case usually(String)
    /// A country code as it was written beside the number.
    ///
    /// A number may repeat it, but must not have another one.
    case given(String)
}

extension PhoneNumber {
    /// The number of E.164 that a text stands for, whatever its notation, so that the same phone is always the same
    /// number.
    ///
    /// The numbering plans are those of Google's libphonenumber. A number of a valid length is accepted even if nobody
    /// has it: only a message shows whether somebody answers there. A text that can be read as two numbers is refused.
    ///
    /// - Parameters:
    ///   - text: the number as it was written.
    ///   - country: the country of a number without a country code.
    /// - Throws: `PhoneNumberError`, with a message for people to read.
    public init(written text: String, in country: NumberCountry) throws(PhoneNumberError) {
        let written: WrittenPhoneNumber
        do throws(WrittenPhoneNumber.FormatError) { written = try WrittenPhoneNumber(text) } catch {
            throw PhoneNumberError(error.message)
        }
        let reading = try Self.choice(among: try Self.readings(of: written, in: try Self.code(of: country)))
        guard !written.mayBeDate || reading.isValid else {
            throw PhoneNumberError(WrittenPhoneNumber.FormatError.date.message)
        }
        guard !(written.hasZeroInBrackets && reading.isValidEitherWay) else {
            throw PhoneNumberError(PhoneNumberError.zeroInBrackets)
        }
        if case .given = country, let code = try Self.code(of: country), code != reading.countryCode {
            throw PhoneNumberError(
                "it begins with the country code \(reading.countryCode), but the one beside it is \(code)")
        }
        guard let number = PhoneNumber(countryCode: reading.countryCode, national: reading.national) else {
            throw PhoneNumberError(PhoneNumberError.noNumber)
        }
        self = number
    }

    /// The digits of the country code; nil if the number must have its own.
    private static func code(of country: NumberCountry) throws(PhoneNumberError) -> String? {
        switch country {
        case .unknown: return nil
        case .usually(let code): return try known(code)
        case .given(let text):
            guard text.unicodeScalars.count <= WrittenPhoneNumber.longest else { throw noCode(text) }
            let visible = String(String.UnicodeScalarView(text.unicodeScalars.filter { !isBlank($0) }))
            guard let written = try? WrittenPhoneNumber(visible) else { throw noCode(text) }
            // Nothing separates the digits of a code: 5/5 is a date, and 49.0 a decimal number.
            guard
                visible.unicodeScalars.count(where: { !"+\u{FF0B}()".unicodeScalars.contains($0) })
                    == written.digits.utf8.count
            else {
                throw noCode(text)
            }
            let isPrefixed = written.digits.hasPrefix("00")
            return try known(String(written.digits.dropFirst(isPrefixed ? 2 : 0)))
        }
    }

    /// Whether a character is a blank of any width, or invisible.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .format, .control: Separators.contains(scalar)
        default: false
        }
    }

    private static func known(_ code: String) throws(PhoneNumberError) -> String {
        guard (1...3).contains(code.utf8.count), code.first != "0", let number = CInt(code),
            phone_has_country_code(number)
        else {
            throw noCode(code)
        }
        return code
    }

    /// The error for a text that is not a country code.
    ///
    /// A longer text is not shown, as it may be a number in the wrong place.
    private static func noCode(_ text: String) -> PhoneNumberError {
        let isShort = text.unicodeScalars.count <= 6
        let shown = if isShort { "there is no country code \"\(text)\"" } else { "this is no country code" }
        return PhoneNumberError(.countryCode, "\(shown): one has 1 to 3 digits, as 49 has")
    }

    /// All readings of the text, each number once: with the given country, and with the one that the number may have
    /// itself.
    private static func readings(of written: WrittenPhoneNumber, in code: String?) throws(PhoneNumberError) -> [Reading]
    {
        var readings: [Reading] = []
        func add(_ reading: Reading?) {
            for reading in [reading, reading?.behindDoubledCode].compactMap(\.self)
            where !readings.contains(where: { $0.e164 == reading.e164 }) {
                readings.append(reading)
            }
        }
        if written.isInternational {
            add(Reading("+" + written.digits))
        } else {
            if let code {
                add(Reading(written.digits, in: code) ?? Reading("+" + code + written.digits))
                if written.digits.hasPrefix(code) { add(Reading("+" + written.digits)) }
            }
            if written.digits.hasPrefix("00") { add(Reading("+" + written.digits.dropFirst(2))) }
            guard code != nil || written.digits.hasPrefix("00") else {
                throw PhoneNumberError(
                    .countryCode, "it has no country code: write + and the country code before it, as in +4915112345678"
                )
            }
        }
        if !readings.contains(where: { $0.error == nil && $0.isValid }) {
            dialedAbroad(written).filter { $0.error == nil && $0.isValid }.forEach(add)
        }
        return readings
    }

    /// Readings of a number that is not valid at home behind the prefixes that other countries dial for the +, as in
    /// 011 49.
    private static func dialedAbroad(_ written: WrittenPhoneNumber) -> [Reading] {
        guard !written.isInternational else { return [] }
        return ["011", "0011", "010"].filter(written.digits.hasPrefix).compactMap {
            Reading("+" + written.digits.dropFirst($0.utf8.count))
        }
    }

    private static func choice(among readings: [Reading]) throws(PhoneNumberError) -> Reading {
        let good = readings.filter { $0.error == nil }
        let valid = good.filter(\.isValid)
        let candidates = if valid.isEmpty { good } else { valid }
        guard let first = candidates.first else {
            throw readings.first?.error ?? PhoneNumberError(PhoneNumberError.noNumber)
        }
        guard candidates.count == 1 else { throw first.ambiguity }
        return first
    }
}

/// A number of E.164 that a text may stand for, and how it fits the plan of its country.
private struct Reading {
    let countryCode: String
    let national: String
    let isValid: Bool
    private let found: phone_reading

    var e164: String { "+" + countryCode + national }

    /// Reads digits in the country with that code, or a number with a plus if the code is nil.
    init?(_ text: String, in code: String? = nil) {
        var found = phone_reading()
        let digits = Array(text.utf8.map(CChar.init(bitPattern:)))
        guard phone_read(digits, digits.count, code.flatMap { CInt($0) } ?? 0, &found) == 1 else { return nil }
        countryCode = withUnsafeBytes(of: found.country_code) { Self.text($0) }
        national = withUnsafeBytes(of: found.national) { Self.text($0) }
        isValid = found.is_valid || PlanChange.knows(countryCode, national: national) == true
        self.found = found
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The reason to refuse the number; nil if it is possible.
    var error: PhoneNumberError? {
        if let isKnown = PlanChange.knows(countryCode, national: national) {
            return if isKnown { nil } else { PhoneNumberError(PlanChange.message) }
        }
        switch found.length {
        case PHONE_LENGTH_POSSIBLE: return zeroError ?? (behindDoubledCode == nil ? nil : ambiguity)
        case PHONE_LENGTH_LOCAL: return PhoneNumberError("it lacks the area code")
        case PHONE_LENGTH_TOO_SHORT: return PhoneNumberError("it is too short for a number of +\(countryCode)")
        case PHONE_LENGTH_TOO_LONG: return PhoneNumberError("it is too long for a number of +\(countryCode)")
        default: return PhoneNumberError("no number of +\(countryCode) has this length")
        }
    }

    /// Whether the plan has given out the number both with the 0 at its beginning and without it.
    var isValidEitherWay: Bool { isValid && found.is_valid_other_zero }

    /// The error for a 0 that is only dialed in a plan that has none, or for a 0 that belongs to the number and is
    /// missing.
    private var zeroError: PhoneNumberError? {
        let hasZero = national.hasPrefix("0")
        if hasZero, !found.keeps_zero {
            return PhoneNumberError("no number of +\(countryCode) begins with 0: leave the 0 out")
        }
        guard found.keeps_zero, !isValid, found.is_valid_other_zero else { return nil }
        if hasZero {
            return PhoneNumberError(
                "no number of +\(countryCode) is like this one, but one without the 0 is: leave the 0 out")
        }
        return PhoneNumberError("in +\(countryCode) the 0 at the beginning belongs to the number: write it")
    }

    /// The number behind the second 49 of `+49 49 151 12345678`.
    ///
    /// The whole number has a valid length as well, but only the part behind the code is certain to be in use, as a
    /// mobile number.
    var behindDoubledCode: Reading? {
        guard !found.is_mobile, national.hasPrefix(countryCode), let rest = Reading("+" + national),
            rest.countryCode == countryCode,
            rest.found.length == PHONE_LENGTH_POSSIBLE, rest.found.is_mobile
        else { return nil }
        return rest
    }

    var ambiguity: PhoneNumberError {
        PhoneNumberError(
            "the country code \(countryCode) may stand there twice: write + and the country code once, then the number")
    }
}

/// Changes of numbering plans since the libphonenumber of Debian 12.
private enum PlanChange {
    /// Benin, since 2024-11-30: ten digits, and the first two are 01.
    static let message = "numbers of +229 have ten digits, and begin with 01: write 01 before the eight of old"

    /// Whether the present plan has the number; nil for plans that have not changed.
    static func knows(_ countryCode: String, national: String) -> Bool? {
        guard countryCode == "229" else { return nil }
        return national.utf8.count == 10 && national.hasPrefix("01")
    }
}

extension PhoneNumberError {
    fileprivate init(_ message: String) { self.init(.number, message) }

    fileprivate static let noNumber = "it is not a phone number"
    fileprivate static let zeroInBrackets =
        "with the 0 in brackets it is one number, and without it another: write the 0 without brackets, or leave it out"
}

extension WrittenPhoneNumber.FormatError {
    /// The rest of a sentence that begins with "phone: ".
    fileprivate var message: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong: "it has more than \(WrittenPhoneNumber.longest) characters"
        case .letter: "letters cannot stand in it: write the digits, and leave an extension out"
        case .character(let scalar): "\(Self.named(scalar)) cannot stand in it"
        case .plus: "a + can only stand at the beginning"
        case .decimal:
            "it looks like a decimal number of a spreadsheet: make the column a text, and write the number again"
        case .date: "it looks like a date: make the column of the spreadsheet a text, and write the number again"
        }
    }

    private static func named(_ scalar: Unicode.Scalar) -> String {
        if (0x21...0x7E).contains(scalar.value) { return "\"\(scalar)\"" }
        let hex = String(scalar.value, radix: 16, uppercase: true)
        return "the character U+" + String(repeating: "0", count: max(0, 4 - hex.utf8.count)) + hex
    }
}

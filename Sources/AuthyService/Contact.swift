internal import AuthyWire
internal import LoginFlow
internal import Vault

/// A phone number as Authy's clients give it: country code and national number, digits only.
public struct PhoneNumber: Equatable, Sendable {
    public let countryCode: String
    public let national: String

    /// Dashes, dots, blanks and parentheses in the national number are dropped. Together they have at most 15 digits (E.164).
    public init?(countryCode: String, national: String) {
        let code = countryCode.drop { $0 == "+" }
        let digits = national.filter { !"-. ()".contains($0) }
        guard (1...3).contains(code.utf8.count), code.first != "0", Self.areDigits(code), (4...14).contains(digits.utf8.count),
            Self.areDigits(digits[...]), code.utf8.count + digits.utf8.count <= 15
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

    public var e164: String { "+" + countryCode + national }
    /// As users/status shows it.
    public var masked: String { "XXX-XXX-" + national.suffix(4) }
    /// As sms and call show it.
    var maskedWithCode: String { "+\(countryCode)-XXX-XXX-XX" + national.suffix(2) }

    private static func areDigits(_ text: some StringProtocol) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// Country codes (ITU-T E.164, list of 2016): zones 1 and 7 have one digit, these two; all others have three.
    private static func lengthOfCode(_ digits: Substring) -> Int {
        if digits.hasPrefix("1") || digits.hasPrefix("7") { return 1 }
        let two =
            "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
        return two.split(separator: " ").contains(digits.prefix(2)) ? 2 : 3
    }
}

/// How a person is reached: kept sealed.
struct Contact {
    struct Email: Equatable {
        /// Whose mail goes there; nobody else's does.
        let application: Int64
        let address: String
    }

    var phone: PhoneNumber
    private var emails: [Email] = []

    /// Where an application's mail goes: the first address that it gave. It can lead the mail of somebody who exists to no other.
    func email(of application: Int64) -> String? { emails.first { $0.application == application }?.address }

    /// - Returns: whether it is new.
    mutating func add(email address: String, of application: Int64) -> Bool {
        let email = Email(application: application, address: address)
        guard !emails.contains(email), emails.count(where: { $0.application == application }) < 10 else { return false }
        emails.append(email)
        return true
    }

    /// `cc`, `number`, then an application and an e-mail address, one to a line.
    func sealed(for user: AuthyID, in vault: Vault) throws -> [UInt8] {
        let lines = [phone.countryCode, phone.national] + emails.map { "\($0.application) \($0.address)" }
        return try vault.seal(Array(lines.joined(separator: "\n").utf8), as: Self.purpose(user))
    }

    init(phone: PhoneNumber) { self.phone = phone }

    init(sealed: [UInt8], of user: AuthyID, in vault: Vault) throws {
        let lines = String(decoding: try vault.open(sealed, as: Self.purpose(user)), as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count >= 2, let phone = PhoneNumber(countryCode: lines[0], national: lines[1]) else { throw VaultError.damaged }
        self.init(phone: phone)
        emails = lines.dropFirst(2).compactMap { line in
            let parts = line.split(separator: " ")
            // An address of before, of which nobody knows whose it is, is nobody's.
            guard parts.count == 2, let application = Int64(parts[0]) else { return nil }
            return Email(application: application, address: String(parts[1]))
        }
    }

    private static func purpose(_ user: AuthyID) -> String { "user.contact \(user)" }

    /// Whether something looks like an address: no blank, no control character, one @ with something on both sides.
    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return text.utf8.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !text.hasPrefix("-")
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>\"(),:;\\".utf8.contains($0) }
    }

    static func masked(email: String) -> String {
        let parts = email.split(separator: "@")
        return (parts.first?.prefix(1) ?? "") + "***@" + (parts.last ?? "")
    }
}

internal import AuthyWire
internal import Identifiers
internal import Vault

/// How a person is reached: kept sealed.
struct Contact {
    struct Email: Equatable {
        /// Whose mail goes there; nobody else's does.
        let application: Int64
        let address: String
    }

    var phone: PhoneNumber
    private var emails: [Email] = []

    /// Where an application's mail goes: the first address that it kept. It can lead the mail of somebody who exists to no other.
    func email(of application: Int64) -> String? { emails.first { $0.application == application }?.address }

    /// Whether the application has given it.
    func has(email address: String, of application: Int64) -> Bool {
        emails.contains(Email(application: application, address: address))
    }

    /// - Parameter replacing: whether the application's other addresses go.
    /// - Returns: whether that changed anything.
    mutating func add(email address: String, of application: Int64, replacing: Bool) -> Bool {
        let email = Email(application: application, address: address)
        if replacing {
            guard emails.filter({ $0.application == application }) != [email] else { return false }
            emails.removeAll { $0.application == application }
        }
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
        let lines = String(decoding: try vault.open(sealed, as: Self.purpose(user)), as: UTF8.self).split(
            separator: "\n"
        ).map(String.init)
        guard lines.count >= 2, let phone = PhoneNumber(countryCode: lines[0], national: lines[1]) else {
            throw VaultError.damaged
        }
        self.init(phone: phone)
        emails = lines.dropFirst(2).compactMap { line in
            let parts = line.split(separator: " ")
            // An address of before, of which nobody knows whose it is, is nobody's.
            guard parts.count == 2, let application = Int64(parts[0]) else { return nil }
            return Email(application: application, address: String(parts[1]))
        }
    }

    private static func purpose(_ user: AuthyID) -> String { "user.contact \(user)" }

    static func isEmail(_ text: String) -> Bool { NewUser.isEmail(text) }

    /// Whether published clients take the address in an answer: validator.js, which authy-client uses, wants a top-level domain of letters, or
    /// of the form xn--.
    static func passesValidators(_ text: String) -> Bool {
        let top = text.split(separator: ".").last.map { $0.lowercased().utf8.map { $0 } } ?? []
        let isOfLetters = top.allSatisfy { (0x61...0x7A).contains($0) }
        return isEmail(text) && (isOfLetters || top.starts(with: "xn--".utf8))
    }

    static func masked(email: String) -> String {
        let parts = email.split(separator: "@")
        return (parts.first?.prefix(1) ?? "") + "***@" + (parts.last ?? "")
    }
}

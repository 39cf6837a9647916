internal import AuthyWire
internal import Identifiers
internal import Vault

/// The phone number and e-mail addresses of a person; stored sealed.
struct Contact {
    struct Email: Equatable {
        /// The application whose mail goes to the address; no other application's mail does.
        let application: Int64
        let address: String
    }

    var phone: PhoneNumber
    private var emails: [Email] = []

    /// Returns the address for an application's mail: the first one it kept; nil for none.
    ///
    /// An application cannot redirect another application's mail.
    func email(of application: Int64) -> String? { emails.first { $0.application == application }?.address }

    /// Returns whether the application has given this address.
    func has(email address: String, of application: Int64) -> Bool {
        emails.contains(Email(application: application, address: address))
    }

    /// Adds an address, unless the application has ten already.
    ///
    /// - Parameters:
    ///   - address: The e-mail address.
    ///   - application: The id of the application that gave it.
    ///   - replacing: Whether it replaces the application's other addresses.
    /// - Returns: Whether anything changed.
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

    /// Seals the contact: country code, number, then an application and an e-mail address, one on each line.
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
            // Drop legacy addresses that belong to no application.
            guard parts.count == 2, let application = Int64(parts[0]) else { return nil }
            return Email(application: application, address: String(parts[1]))
        }
    }

    private static func purpose(_ user: AuthyID) -> String { "user.contact \(user)" }

    static func isEmail(_ text: String) -> Bool { NewUser.isEmail(text) }

    /// Returns whether published clients accept the address in a response.
    ///
    /// The library validator.js, which authy-client uses, requires a top-level domain of letters, or one that begins
    /// with `xn--`.
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

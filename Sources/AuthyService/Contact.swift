internal import AuthyWire
internal import LoginFlow
internal import Vault

/// How a person is reached: kept sealed.
struct Contact {
    var phone: PhoneNumber
    /// Mail goes to the first: no application can lead the mail of somebody who exists to another address.
    var emails: [String]

    /// `cc`, `number`, e-mail addresses, one to a line.
    func sealed(for user: AuthyID, in vault: Vault) throws -> [UInt8] {
        let lines = [phone.countryCode, phone.national] + emails
        return try vault.seal(Array(lines.joined(separator: "\n").utf8), as: Self.purpose(user))
    }

    init(phone: PhoneNumber, emails: [String]) {
        self.phone = phone
        self.emails = emails
    }

    init(sealed: [UInt8], of user: AuthyID, in vault: Vault) throws {
        let lines = String(decoding: try vault.open(sealed, as: Self.purpose(user)), as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count >= 2, let phone = PhoneNumber(countryCode: lines[0], national: lines[1]) else { throw VaultError.damaged }
        self.init(phone: phone, emails: Array(lines.dropFirst(2)))
    }

    private static func purpose(_ user: AuthyID) -> String { "user.contact \(user)" }

    static func isEmail(_ text: String) -> Bool { NewUser.isEmail(text) }

    static func masked(email: String) -> String {
        let parts = email.split(separator: "@")
        return (parts.first?.prefix(1) ?? "") + "***@" + (parts.last ?? "")
    }
}

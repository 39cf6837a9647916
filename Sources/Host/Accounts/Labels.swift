public import Identifiers
internal import SQLite

/// What people call those who are told apart by their SSH keys on one account of the system.
extension Accounts {
    /// The longest label, in bytes.
    public static let longestLabel = 100

    /// - Parameter label: one line; nil for none.
    /// - Throws: `AccountsError.invalid` for a label that is empty, too long or not printable, and where the person has no key.
    public func setLabel(_ person: Person, _ label: String?) throws {
        guard person.key != nil, label.map(Self.isLabel) ?? true else { throw AccountsError.invalid("label") }
        _ = try write(.now) { try update(person, "label = ?3", label) }
    }

    /// The labels that there are, by person.
    public func labels() throws -> [Person: String] {
        let found = try connection.all("SELECT name, uid, label FROM accounts WHERE label IS NOT NULL") { row in
            (try Person(row), row.text(2) ?? "")
        }
        return Dictionary(found) { first, _ in first }
    }

    /// Whether a text can be a label.
    public static func isLabel(_ text: String) -> Bool {
        (1...longestLabel).contains(text.utf8.count) && text.unicodeScalars.allSatisfy(\.isPrintable)
            && !text.allSatisfy(\.isWhitespace)
    }
}

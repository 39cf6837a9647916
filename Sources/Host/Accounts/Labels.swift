public import Identifiers
internal import SQLite

/// Labels of people who share a system account and are told apart by their SSH keys.
extension Accounts {
    /// The longest label, in bytes.
    public static let longestLabel = 100

    /// Sets or removes the label of a person with a key.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - label: one line; nil for none.
    /// - Throws: `AccountsError.invalid` for a label that is empty, too long or not printable, and for a person without
    ///   a key; `SQLiteError`.
    public func setLabel(_ person: Person, to label: String?) throws {
        guard person.key != nil, label.map(Self.isLabel) ?? true else { throw AccountsError.invalid("label") }
        _ = try write(.now) { try update(person, "label = ?2", label) }
    }

    /// All labels, by person.
    ///
    /// - Returns: the labels of the people who have one.
    /// - Throws: `AccountsError.damaged` if a row cannot be read; `SQLiteError`.
    public func labels() throws -> [Person: String] {
        let found = try connection.all("SELECT name, uid, key, label FROM accounts WHERE label IS NOT NULL") { row in
            (try Person(row), row.text(3) ?? "")
        }
        return Dictionary(found) { first, _ in first }
    }

    /// Whether a text can be a label: 1 to 100 bytes, printable, and not only blanks.
    public static func isLabel(_ text: String) -> Bool {
        (1...longestLabel).contains(text.utf8.count) && text.unicodeScalars.allSatisfy(\.isPrintable)
            && !text.allSatisfy(\.isWhitespace)
    }
}

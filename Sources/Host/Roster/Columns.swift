internal import Identifiers

/// Names of an entry's fields, the same in CSV and JSON, in the order in which they are written.
enum Column: String, CaseIterable {
    case user
    case countryCode = "country_code"
    case phone
    case email
    case authyID = "authy_id"

    static let needed: [Column] = [.user, .countryCode, .phone, .email]
    static let all = allCases.map(\.rawValue).joined(separator: ", ")
}

extension Entry {
    /// Makes an entry from the fields of one record; blanks around values are dropped.
    init(line: Int, fields: [Column: String]) throws(RosterError) {
        func field(_ column: Column) -> String { (fields[column] ?? "").trimmed }
        let (phone, number) = (field(.phone), field(.authyID))
        guard !field(.user).isEmpty else { throw RosterError(line, "the user is missing") }
        let factor: Factor
        switch (phone.isEmpty, number.isEmpty) {
        case (true, true): throw RosterError(line, "phone and authy_id are both missing")
        case (false, false): throw RosterError(line, "phone and authy_id are both there; keep one of the two")
        case (false, true):
            factor = .phone(Phone(countryCode: field(.countryCode), number: phone, email: field(.email)))
        case (true, false):
            guard let id = AuthyID(number) else {
                throw RosterError(line, "authy_id: a positive whole number is needed")
            }
            factor = .authyID(id)
        }
        self.init(line: line, user: field(.user), factor: factor)
    }
}

extension String {
    /// The text without blanks and tabs at both ends.
    var trimmed: String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        return String(decoding: utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }
}

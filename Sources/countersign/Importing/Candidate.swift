internal import LoginFlow
internal import Roster
internal import Settings

/// An entry of a roster that this host can do something with.
struct Candidate {
    enum Work {
        case register(PhoneNumber, email: String)
        case link(AuthyID)
        case token(Entry.SoftToken)
    }

    let place: String
    let person: Person
    let work: Work

    /// - Throws: what is wrong with the entry, by its line.
    init(_ entry: Entry, place: String, _ users: UserDirectory, _ rules: EnrolmentRules) throws(LineFault) {
        self.place = place
        person = try Self.find(entry, users)
        switch entry.factor {
        case .authyID(let id): work = .link(id)
        case .softToken(let token): work = .token(token)
        case .phone(let given):
            let code = given.countryCode.isEmpty ? nil : given.countryCode
            guard let phone = Contact.phone(given.number, countryCode: code, rules) else {
                throw LineFault(entry.line, Self.phoneFault(given, rules))
            }
            do throws(Contact.Complaint) {
                let email = try Contact.email(given.email.isEmpty ? nil : given.email, of: person.name, rules)
                work = .register(phone, email: email)
            } catch { throw LineFault(entry.line, "email: \(error.message)") }
        }
    }

    private static func find(_ entry: Entry, _ users: UserDirectory) throws(LineFault) -> Person {
        let found: (name: String, uid: UInt32)?
        do { found = try users.find(entry.user) } catch { throw LineFault(entry.line, Trouble(error).message) }
        guard let found else { throw LineFault(entry.line, "there is no user \(entry.user.prefix(60)) on this host") }
        return Person(name: found.name, uid: found.uid)
    }

    /// The number is masked: what is said may be kept.
    private static func phoneFault(_ given: Entry.Phone, _ rules: EnrolmentRules) -> String {
        if given.countryCode.isEmpty, rules.countryCode == nil, !given.number.hasPrefix("+") {
            return "country_code is missing, and the settings have no enrolment.country_code"
        }
        let code = given.countryCode.drop { $0 == "+" }
        let isCode =
            given.countryCode.isEmpty
            || (1...3).contains(code.utf8.count) && code.utf8.allSatisfy { (0x30...0x39).contains($0) } && code.first != "0"
        guard isCode else { return "country_code: \(quoted(given.countryCode)): 1 to 3 digits are needed, as in 49" }
        let number = quoted(masked(given.number))
        if !code.isEmpty, PhoneNumber(typed: given.number) != nil { return "phone: \(number) has another country code than \(code)" }
        return "phone: \(number) is no telephone number: 4 to 14 digits are needed besides the country code"
    }

    private static func quoted(_ text: String) -> String { "\"\(text.prefix(40))\"" }

    /// The last two digits are left, and whatever is none.
    private static func masked(_ number: String) -> String {
        var hidden = number.count { $0.isNumber } - 2
        guard hidden > 2 else { return number }
        return String(
            number.map { character in
                guard character.isNumber, hidden > 0 else { return character }
                hidden -= 1
                return "X"
            })
    }
}

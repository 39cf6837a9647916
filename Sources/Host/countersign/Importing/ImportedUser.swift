internal import CommandSupport
internal import Identifiers
internal import LoginPolicy
internal import PhoneNumbers
internal import Roster
internal import SettingsFile

/// A roster entry that this host can act on.
struct ImportedUser {
    enum Work {
        case register(PhoneNumber, email: String)
        case link(AuthyID)
        case token(Entry.SoftToken)
    }

    let place: String
    let person: Person
    let work: Work

    /// Checks an entry; throws a fault of its line.
    init(_ entry: Entry, place: String, _ users: UserDirectory, _ rules: EnrolmentRules) throws(RosterError) {
        self.place = place
        person = try Self.find(entry, users: users)
        switch entry.factor {
        case .authyID(let id): work = .link(id)
        case .softToken(let token): work = .token(token)
        case .phone(let given):
            let phone: PhoneNumber
            do throws(PhoneNumberError) {
                phone = try Contact.phone(given.number, countryCode: given.countryCode, rules: rules)
            } catch {
                throw RosterError(entry.line, Self.phoneFault(given, error: error, rules: rules))
            }
            do throws(Contact.Complaint) {
                let email = try Contact.email(given.email.isEmpty ? nil : given.email, of: person.name, rules: rules)
                work = .register(phone, email: email)
            } catch { throw RosterError(entry.line, "email: \(error.message)") }
        }
    }

    private static func find(_ entry: Entry, users: UserDirectory) throws(RosterError) -> Person {
        let found: (name: String, uid: UInt32)?
        do { found = try users.find(entry.user) } catch { throw RosterError(entry.line, CommandError(error).message) }
        guard let found else { throw RosterError(entry.line, "there is no user \(entry.user.prefix(60)) on this host") }
        return Person(name: found.name, uid: found.uid)
    }

    /// Describes a number with its digits masked, as the message may be kept.
    private static func phoneFault(_ given: Entry.Phone, error: PhoneNumberError, rules: EnrolmentRules) -> String {
        if error.part == .countryCode, given.countryCode.isEmpty, rules.countryCode == nil {
            return "country_code is missing, and the settings have no enrolment.country_code"
        }
        return if error.part == .countryCode {
            "country_code: \(error.message)"
        } else {
            "phone: \(quoted(masked(given.number))): \(error.message)"
        }
    }

    private static func quoted(_ text: String) -> String { "\"\(text.prefix(40))\"" }

    /// Masks all digits but the last two; other characters stay.
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

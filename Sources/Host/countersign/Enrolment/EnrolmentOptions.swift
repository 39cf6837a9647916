internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Identifiers
internal import LoginPolicy
internal import PhoneNumbers
internal import SettingsFile

struct HelpersOption: ParsableArguments {
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers
}

struct InstallLinkOption: ParsableArguments {
    @Flag(help: "Have the server send no link to the app.")
    var noInstallLink = false
}

extension Way: ExpressibleByArgument {}

/// Contact data of a person, checked as far as a host can.
enum Contact {
    /// Parses a phone number.
    ///
    /// `countryCode` is the code given beside the number; if it is empty, the settings' code applies.
    static func phone(_ text: String, countryCode: String = "", rules: EnrolmentRules) throws(PhoneNumberError)
        -> PhoneNumber
    {
        let country: NumberCountry =
            if !countryCode.isEmpty {
                .given(countryCode)
            } else if let usual = rules.countryCode {
                .usually(usual)
            } else {
                .unknown
            }
        return try PhoneNumber(written: text, in: country)
    }

    /// Returns the e-mail address: the given one, or for nil the user's name at the domain of the settings.
    static func email(_ text: String?, of user: String, rules: EnrolmentRules) throws(Complaint) -> String {
        if let text {
            guard NewUser.isEmail(text) else { throw Complaint("not an e-mail address") }
            return text
        }
        if let address = UserAddress.of(user, domain: rules.emailDomain) { return address }
        guard rules.emailDomain != nil else {
            throw Complaint("missing, and the settings have no enrolment.email_domain")
        }
        throw Complaint("missing, and the name \(user.prefix(60)) gives no e-mail address")
    }

    struct Complaint: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }
}

internal import ArgumentParser
internal import AuthyWire
internal import LoginFlow
internal import Settings

struct HelpersOption: ParsableArguments {
    @Option(help: ArgumentHelp("Where the helpers are.", valueName: "dir"), completion: .directory)
    var helpers: Path = .helpers
}

struct InstallLinkOption: ParsableArguments {
    @Flag(help: "Have the server send no link to the app.")
    var noInstallLink = false
}

extension Way: ExpressibleByArgument {}

/// What is registered of a person, checked as far as a host can.
enum Contact {
    static let noPhone = "not a phone number: write + and the country code before it, as in +4915123456789"

    /// - Parameter countryCode: of the place that the number stands in; nil where the settings have the last word.
    static func phone(_ text: String, countryCode: String? = nil, _ rules: EnrolmentRules) -> PhoneNumber? {
        let code = countryCode.map { $0.hasPrefix("+") ? String($0.dropFirst()) : $0 }
        guard let phone = PhoneNumber(typed: text, countryCode: code ?? rules.countryCode) else { return nil }
        // A number that names a country itself must name that one.
        return code == nil || phone.countryCode == code ? phone : nil
    }

    /// - Parameter text: nil for the user's name at the domain of the settings.
    static func email(_ text: String?, of user: String, _ rules: EnrolmentRules) throws(Complaint) -> String {
        if let text {
            guard NewUser.isEmail(text) else { throw Complaint("not an e-mail address") }
            return text
        }
        guard let domain = rules.emailDomain else { throw Complaint("missing, and the settings have no enrolment.email_domain") }
        guard NewUser.isEmail("\(user)@\(domain)") else { throw Complaint("missing, and \(user)@\(domain) is no address") }
        return "\(user)@\(domain)"
    }

    struct Complaint: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }
}

internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import PhoneNumbers
internal import SettingsFile

struct Enroll: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Register a user's phone at the 2FA server, and have it confirmed.",
        discussion: """
            The server gives the phone an AuthyID, which is linked to the account at once. Then the user proves to \
            have the phone: by a code in a text message or a call, by approving on it, or by a SoftToken. Only that \
            confirms the account. The number is not stored on this host, and shown masked. Exits with 2 if the user or \
            the phone says no, and with 75 if the server is out of reach.

            Examples:
              countersign enroll alice --phone +4915123456789 --email alice@example.com
              countersign enroll alice --phone +4915123456789 --later
              countersign enroll alice --phone +4915123456789 --confirm sms --code-stdin
            """)

    @OptionGroup var user: UserArgument
    @Option(
        help: ArgumentHelp("The mobile number, with + and the country code. (default: asked for)", valueName: "number"))
    var phone: String?
    @Option(
        help: ArgumentHelp(
            "The e-mail address. (default: the user's name at enrolment.email_domain)", valueName: "address"))
    var email: String?
    @OptionGroup var link: InstallLinkOption
    @Option(
        help: "How the user proves to have the phone. (default: onetouch where the server knows a device, else sms)")
    var confirm: Way?
    @Flag(help: "Leave the proof to the first login.")
    var later = false
    @Flag(help: "Take codes from standard input, one a line, and ask nobody.")
    var codeStdin = false
    @OptionGroup var helpers: HelpersOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        if later, confirm != nil || codeStdin {
            throw ValidationError("--later and --confirm or --code-stdin do not go together.")
        }
        if codeStdin, confirm == nil { throw ValidationError("--code-stdin needs --confirm.") }
        guard later || codeStdin || confirm == .oneTouch || Dialogue.isPossible else {
            throw ValidationError(
                "Nobody is at a terminal to confirm the phone: add --later, or --confirm with --code-stdin.")
        }
        guard phone != nil || (Dialogue.isPossible && !codeStdin) else {
            throw ValidationError("Nobody is at a terminal to ask: add --phone.")
        }
    }

    func perform() throws {
        let person = try user.find()
        var contact: (phone: PhoneNumber?, email: String)?
        var pool: NetPool?
        defer { pool?.end() }
        let context = try CommandContext.open(settings) { settings, serviceUser in
            contact = try check(person, rules: settings.enrolment)
            pool = try NetPool.start(settings, count: 1, helpers: helpers.helpers, serviceUser: serviceUser)
        }
        guard let contact, let net = pool?.processes.first else { return }
        if let id = try context.accounts.account(of: person).authyID { throw PhoneEnrolment.isLinked(person, id: id) }
        let phone = try contact.phone ?? Self.ask(context.settings.enrolment)
        let dialogue = Dialogue(net, try Stops.watch(), asks: !codeStdin && Dialogue.isPossible)
        let enrolling = PhoneEnrolment(context: context, person: person, dialogue: dialogue, json: output.json)
        try enrolling.run(phone, email: contact.email, installLink: !link.noInstallLink, way: confirm, later: later)
    }

    /// Checks the options; the number is nil if it has to be asked for.
    private func check(_ person: Person, rules: EnrolmentRules) throws -> (PhoneNumber?, String) {
        let address: String
        do throws(Contact.Complaint) { address = try Contact.email(email, of: person.name, rules: rules) } catch {
            let hint =
                if email == nil {
                    "add --email ADDRESS, or set email_domain under [enrolment]"
                } else {
                    "countersign help enroll"
                }
            throw CommandError("--email: \(error.message)", hint: hint)
        }
        return (try phone.map { try Self.number($0, rules: rules, place: "--phone: ") }, address)
    }

    private static func ask(_ rules: EnrolmentRules) throws -> PhoneNumber {
        Output.ask("Mobile number: ")
        guard let line = readLine() else { throw CommandError("no number was given", hint: "countersign help enroll") }
        return try number(line, rules: rules)
    }

    private static func number(_ text: String, rules: EnrolmentRules, place: String = "") throws -> PhoneNumber {
        do throws(PhoneNumberError) { return try Contact.phone(text, rules: rules) } catch {
            throw CommandError("\(place)not a phone number: \(error.message)", hint: "write it as in +4915112345678")
        }
    }
}

internal import Accounts
internal import ArgumentParser
internal import CommandSupport
internal import Encoding
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import OATH
internal import QRCode

struct SoftToken: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "softtoken",
        abstract: "Give a user a SoftToken of this host.",
        discussion: """
            Makes a secret, and prints the link that takes it into an authenticator app: on a terminal as a QR code \
            and as the bare secret too. Anyone who sees one of them has the user's second factor. Some apps know \
            SHA-1, 6 digits and 30 seconds only, whatever the link says.

            Examples:
              countersign softtoken alice
              countersign softtoken alice --replace --issuer "Example Ltd"
              countersign softtoken alice --secret-stdin < secret.txt
            """)

    @OptionGroup var user: UserArgument
    @Flag(help: "Put it in place of the SoftToken that the user has.")
    var replace = false
    @Flag(help: "Take the secret from standard input, in Base32, instead of making one.")
    var secretStdin = false
    @Flag(help: "Print the QR code where standard output is no terminal too.")
    var qr = false
    @Option(help: "The hash.")
    var algorithm = Algorithm.sha1
    @Option(help: ArgumentHelp("Digits of a code, 6 to 8.", valueName: "number"))
    var digits = 6
    @Option(help: ArgumentHelp("Seconds that a code lasts, 15 to 60.", valueName: "seconds"))
    var period = 30
    @Option(help: ArgumentHelp("Whose token it is called in the app. (default: this host's name)", valueName: "name"))
    var issuer: String?
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard HOTP.digits.contains(digits) else { throw ValidationError("A code has 6 to 8 digits, not \(digits).") }
        guard TOTP.periods.contains(period) else {
            throw ValidationError("A code lasts 15 to 60 seconds, not \(period).")
        }
        guard issuer?.isEmpty != true, issuer?.contains(":") != true else {
            throw ValidationError("An issuer is a name without a colon.")
        }
        if output.json, qr { throw ValidationError("--json and --qr do not go together.") }
    }

    func perform() throws {
        let person = try user.find()
        let context = try CommandContext.open(settings)
        let account = try context.accounts.account(of: person)
        if account.hasSoftToken, !replace {
            throw CommandError(
                "\(person.name) has a SoftToken already",
                hint: "add --replace; codes of the old one are refused from then on")
        }
        let secret = if secretStdin { try SecretInput.read() } else { try SecretInput.make() }
        let link = try link(person, secret: secret)
        let token = StoredSoftToken(
            secret: secret.withUnsafeBytes { Array($0) }, algorithm: algorithm.rawValue, digits: digits, period: period)
        let change = try context.accounts.setSoftToken(person, to: token)
        let done = if change.before.hasSoftToken { "replaced" } else { "made" }
        context.logChange("softtoken", of: person, detail: done)
        // Printed last, as a QR code can be taller than the terminal, and even if the output fails.
        defer {
            Output.complain(ChangeSummary.softToken(person, token: token, change: change))
            if Terminal.isThere, !output.json, person.key == nil {
                Output.complain("then: countersign try \(person.name) --service sudo\(settings.again)")
            }
        }
        try hand(over: link, secret, to: person)
    }

    private func link(_ person: Person, secret: Secret) throws -> OtpauthLink {
        let host = Self.hostName()
        guard let parameters = TOTP(algorithm: algorithm, digits: digits, period: period),
            let link = OtpauthLink(issuer: issuer ?? host, account: person.name, secret: secret, parameters: parameters)
        else {
            throw CommandError("the name of this host or user has a colon in it", hint: "name an --issuer without one")
        }
        return link
    }

    private func hand(over link: OtpauthLink, _ secret: Secret, to person: Person) throws {
        if output.json {
            try Output.json(
                .object(["user": .string(person.name), "uid": .integer(Int64(person.uid)), "link": .string(link.text)]))
            return
        }
        if qr || Terminal.isThere { try Self.draw(link) }
        try Output.line(link.text)
        if Terminal.isThere { try Output.line("secret, for typing: \(Self.groups(secret.base32))") }
    }

    static func draw(_ link: OtpauthLink) throws {
        guard let code = QRCode(link.text) else {
            throw CommandError("no QR code can be made of the link: \(systemReason())")
        }
        let style: QRCode.Style = if Terminal.takesUnicode { .halfBlocks } else { .ascii }
        let needed = code.columns(style)
        if let columns = Terminal.columns, columns < needed {
            return Output.hint("widen the terminal to \(needed) columns for the QR code")
        }
        try Output.picture(code.lines(style, coloured: Terminal.takesColors))
    }

    /// Returns the text in groups of four letters, as people type it.
    static func groups(_ base32: String) -> String {
        base32.enumerated().reduce(into: "") { text, letter in
            if letter.offset > 0, letter.offset.isMultiple(of: 4) { text += " " }
            text.append(letter.element)
        }
    }

    static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return if name.isEmpty { "localhost" } else { name }
    }
}

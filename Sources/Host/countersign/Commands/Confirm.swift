internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

struct Confirm: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a user prove a factor that is linked.",
        discussion: """
            As at the end of `enroll`, for an account that was linked or imported, or whose confirmation did not work \
            out. What is proven has to be there: no SoftToken is made.

            Examples:
              countersign confirm alice
              countersign confirm alice --by sms --code-stdin
            """)

    @OptionGroup var user: UserArgument
    @Option(help: "How the user proves it. (default: onetouch where the server knows a device, else sms)")
    var by: Way?
    @Flag(help: "Take codes from standard input, one a line, and ask nobody.")
    var codeStdin = false
    @OptionGroup var helpers: HelpersOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        if codeStdin, by == nil { throw ValidationError("--code-stdin needs --by.") }
        guard codeStdin || by == .oneTouch || Dialogue.isPossible else {
            throw ValidationError("Nobody is at a terminal: add --by with --code-stdin.")
        }
    }

    func perform() throws {
        let person = try user.find()
        var pool: NetPool?
        defer { pool?.end() }
        let context = try CommandContext.open(settings) { settings, serviceUser in
            guard settings.server != nil else { return }
            pool = try NetPool.start(settings, count: 1, helpers: helpers.helpers, serviceUser: serviceUser)
        }
        let dialogue = Dialogue(pool?.processes.first, try Stops.watch(), asks: !codeStdin && Dialogue.isPossible)
        let ended = try Self.prove(person, in: context, dialogue: dialogue, way: by)
        if output.json {
            let way = ended.way.map { JSONValue.string($0.rawValue) } ?? .null
            try Output.json(
                .object(["user": .string(person.name), "uid": .integer(Int64(person.uid)), "confirmed_by": way]))
        }
        try ended.report(person, in: context, besidesData: output.json)
    }

    static func prove(_ person: Person, in context: CommandContext, dialogue: Dialogue, way: Way?) throws
        -> FactorProof.Ended
    {
        let account = try context.accounts.account(of: person)
        switch account.state {
        case .linked: break
        case .none:
            throw CommandError(
                "\(person.name) has no factor to confirm", hint: "countersign enroll \(person.typed) --phone +CC...")
        case .confirmed:
            throw CommandError("\(person.name) is confirmed already", hint: "countersign show \(person.typed)")
        }
        let id = if context.settings.server == nil { AuthyID?.none } else { account.authyID }
        let view = try id.flatMap { try dialogue.serverView($0, of: person, in: context) } ?? account.seen
        var proving = try FactorProof(
            context, person, id, .confirmation, phone: view?.phone, hasApp: view?.hasApp, dialogue)
        guard let first = way ?? proving.first else {
            return .refused("nothing that the account has is in login.factors, or works without [server]")
        }
        return try proving.run(first)
    }
}

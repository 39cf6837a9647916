internal import Accounts
internal import ArgumentParser
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Frames
internal import HostSettings
internal import Identifiers
internal import NetProtocol

struct Refresh: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the 2FA server what it knows of users now.",
        discussion: """
            The AuthyID outlives a changed phone: this stores the masked number and whether the user has a device that \
            can approve. Exits with 1 if the server does not know one of them any more, or refuses the API key, and \
            with 75 if it is out of reach. Of several people on one account all are asked about, or the one with the \
            key. With --all on a host where nobody has an AuthyID, the server is asked whether it takes the API key.

            Examples:
              countersign refresh alice
              countersign refresh root --key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
              countersign refresh --all
            """)

    @Argument(help: "Whose account: a user of this host.", completion: .users)
    var user: String?
    @OptionGroup var key: KeyOption
    @Flag(help: "Every account that has an AuthyID.")
    var all = false
    @OptionGroup var poolOption: RequestPoolOption
    @OptionGroup var helpers: HelpersOption
    @OptionGroup var output: OutputOption
    @OptionGroup var settings: SettingsOption

    func validate() throws {
        guard (user == nil) == all else { throw ValidationError("Name a user, or give --all.") }
        if key.key != nil, user == nil { throw ValidationError("--key needs the user who is shared.") }
    }

    private struct RefreshRequest: PooledRequest {
        let person: Person
        let id: AuthyID

        var request: NetRequest { .status(of: id) }
    }

    /// Asks whether the server accepts the API key.
    private struct KeyCheck: PooledRequest {
        var request: NetRequest { .checkKey }
    }

    func perform() throws {
        let named = try user.map { key.person(try UserName.find($0)) }
        var pool: NetPool?
        defer { pool?.end() }
        let context = try CommandContext.open(settings) { settings, serviceUser in
            pool = try NetPool.start(
                settings, count: named == nil ? poolOption.jobs : 1, helpers: helpers.helpers, serviceUser: serviceUser)
        }
        guard let pool else { return }
        let jobs = try jobs(context, person: named)
        guard !jobs.isEmpty else {
            return try run([KeyCheck()], pool: pool, timeout: 0) { _, answer in try report(answer, in: context) }
        }
        var unknown = 0
        try run(jobs, pool: pool, timeout: named == nil ? poolOption.timeout : 0) { job, answer in
            if try !report(job, answer: answer, in: context) { unknown += 1 }
        }
        if unknown > 0 { throw ExitCode.failure }
    }

    private func run<RefreshRequest: PooledRequest>(
        _ jobs: [RefreshRequest], pool: NetPool, timeout: Int, answered: (RefreshRequest, NetResult) throws -> Void
    ) throws {
        var left = jobs.makeIterator()
        var team = RequestPool<RefreshRequest>(pool, try Stops.watch(), timeout: timeout)
        let ended = try team.run(
            next: { left.next().map { .ask($0) } ?? .end }, answered: answered,
            waiting: { wait, reason in
                if timeout > 0 { Output.complain("\(reason); trying again in \((wait + 999) / 1_000) s") }
            })
        switch ended {
        case .stopped: throw ExitCode(Stops.code)
        case .outOfReach(let reason): throw CommandError(reason, hint: PhoneEnrolment.outageHint, code: .later)
        case .done: break
        }
    }

    private func report(_ answer: NetResult, in context: CommandContext) throws {
        switch answer {
        case .noted:
            Output.complain("nobody on this host has an AuthyID yet")
            try output.json
                ? Output.json(.object(["reached": .bool(true), "key_accepted": .bool(true)]))
                : Output.line("server reached, key accepted")
        case .refused(let reason): throw unusable(context, reason: reason)
        default: throw CommandError("the server gave an answer that makes no sense", hint: PhoneEnrolment.refusalHint)
        }
    }

    private func unusable(_ context: CommandContext, reason: String) -> CommandError {
        let place =
            switch context.settings.server?.endpoint {
            case .web(let url): url
            case .unixSocket(let path): "unix:\(path)"
            case nil: "[server]"
            }
        return CommandError("\(place) cannot be used: \(reason)", hint: PhoneEnrolment.refusalHint)
    }

    private func jobs(_ context: CommandContext, person: Person?) throws -> [RefreshRequest] {
        guard let person else {
            return try context.accounts.list().compactMap { person, account in
                account.authyID.map { RefreshRequest(person: person, id: $0) }
            }
        }
        let others = try context.peopleWithKeys(beside: person)
        let jobs = try ([person] + others).compactMap { person in
            try context.accounts.account(of: person).authyID.map { RefreshRequest(person: person, id: $0) }
        }
        guard !jobs.isEmpty else {
            throw CommandError(
                "\(person.label) has no AuthyID", hint: "countersign enroll \(person.typed) --phone +CC...")
        }
        return jobs
    }

    /// Returns false if the server does not know the user.
    private func report(_ job: RefreshRequest, answer: NetResult, in context: CommandContext) throws -> Bool {
        switch answer {
        case .user(let phone, let hasApp):
            _ = try context.accounts.storeServerView(
                of: job.person, authyID: job.id, ServerView(phone: phone, hasApp: hasApp, time: Timestamp.now))
            try output.json
                ? Output.json(json(job, phone: phone, hasApp: hasApp))
                : Output.line(sentence(job, phone: phone, hasApp: hasApp))
            return true
        case .unknownUser:
            if output.json { try Output.json(json(job, phone: nil, hasApp: nil, isKnown: false)) }
            Output.error("\(job.person.label): the server does not know AuthyID \(job.id) any more")
            Output.hint(
                "countersign unlink \(job.person.typed), and then countersign enroll \(job.person.typed) --phone +CC..."
            )
            return false
        case .refused(let reason): throw unusable(context, reason: reason)
        default: throw CommandError("the server gave an answer that makes no sense", hint: PhoneEnrolment.refusalHint)
        }
    }

    private func sentence(_ job: RefreshRequest, phone: String?, hasApp: Bool?) -> String {
        let app = hasApp.map(ServerView.app) ?? "the server does not say whether there is a device"
        return "\(job.person.label): AuthyID \(job.id), phone \(phone ?? "not said"), \(app)"
    }

    private func json(_ job: RefreshRequest, phone: String?, hasApp: Bool?, isKnown: Bool = true) -> JSONValue {
        .object([
            "user": .string(job.person.name), "uid": .integer(Int64(job.person.uid)),
            "key": job.person.key.map { .string($0.description) } ?? .null, "authy_id": .integer(job.id.value),
            "known": .bool(isKnown), "phone": phone.map { .string($0) } ?? .null,
            "has_app": hasApp.map { .bool($0) } ?? .null,
        ])
    }
}

struct RequestPoolOption: ParsableArguments {
    @Option(help: ArgumentHelp("How many are asked about at the same time, 1 to 64.", valueName: "number"))
    var jobs = 8
    @Option(help: ArgumentHelp("For how long a server that is out of reach is tried again.", valueName: "seconds"))
    var timeout = 120

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs takes a number from 1 to 64, not \(jobs).") }
        guard (0...86_400).contains(timeout) else {
            throw ValidationError("--timeout takes 0 to 86400 seconds, not \(timeout).")
        }
    }
}

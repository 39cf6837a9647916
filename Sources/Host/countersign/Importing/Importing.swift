internal import Accounts
internal import AuthyWire
internal import CSyscalls
internal import CommandSupport
internal import Encoding
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import OATH
internal import Recovery
internal import Roster

/// The second pass over a roster: does what the lines say.
///
/// What has been counted is on disk.
final class Importing {
    struct Registration: PooledRequest {
        let place: String
        let person: Person
        /// The account before the server was asked.
        let account: Account
        let request: NetRequest
    }

    typealias Team = RequestPool<Registration>

    struct Counts {
        var registered = 0
        var linked = 0
        var tokens = 0
        /// Users who already had what the line gives them.
        var before = 0
        /// Users that the server refused.
        var refused = 0

        var all: Int { registered + linked + tokens + before + refused }

        var sentence: String { sentence(left: 0) }

        /// The counts in words, followed by the number of lines left.
        func sentence(left: Int) -> String {
            let parts = [
                (registered, "\(registered) registered"), (linked, "\(linked) linked"),
                (tokens, tokens.counted("SoftToken taken over", plural: "SoftTokens taken over")),
                (before, before.counted("was there before", plural: "were there before")),
                (refused, "\(refused) refused"),
            ]
            let told = parts.filter { $0.0 > 0 }.map(\.1)
            guard left > 0 else { return if told.isEmpty { "nothing to do" } else { told.joined(separator: ", ") } }
            let done = if told.isEmpty { ["0 registered"] } else { told }
            return (done + ["\(left) left"]).joined(separator: ", ")
        }

        var json: JSONValue {
            .object([
                "registered": .integer(Int64(registered)), "linked": .integer(Int64(linked)),
                "softtokens": .integer(Int64(tokens)),
                "before": .integer(Int64(before)), "refused": .integer(Int64(refused)),
            ])
        }
    }

    private(set) var counts = Counts()
    /// The counts of an import that has not finished.
    var soFar: String { counts.sentence(left: total - counts.all) }
    private let total: Int
    private let context: CommandContext
    private var source: RosterSource
    private let users: UserDirectory
    private let installLink: Bool
    private var progress: Progress

    init(_ context: CommandContext, _ source: RosterSource, _ users: UserDirectory, total: Int, installLink: Bool) {
        self.context = context
        self.source = source
        self.users = users
        self.installLink = installLink
        self.total = total
        progress = Progress(total: total)
    }

    /// Runs the import; `pool` is nil if no line registers a phone.
    func run(_ pool: NetPool?, stops: Stops, timeout: Int) throws -> Team.Ended {
        defer { progress.leave() }
        progress.show(0, text: "starting")
        guard let pool else { return try runAlone(stops) }
        var team = Team(pool, stops, timeout: timeout)
        return try team.run(
            next: next, answered: receive, waiting: { [self] in progress.wait($0, reason: $1, done: counts.all) })
    }

    private func runAlone(_ stops: Stops) throws -> Team.Ended {
        while readable([stops.descriptor], until: 0).isEmpty {
            if case .end = try next() { return .done }
        }
        return .stopped
    }

    private func next() throws -> Team.Step {
        guard let line = try source.next() else { return .end }
        let candidate: ImportedUser
        do throws(RosterError) {
            candidate = try ImportedUser(try line.result.get(), place: line.place, users, context.settings.enrolment)
        } catch {
            throw CommandError(
                "\(line.place): \(error.message); the file is not what it was", hint: "run the same command again")
        }
        let account = try context.accounts.account(of: candidate.person)
        switch candidate.work {
        case .register, .link:
            if account.authyID != nil { return before() }
        case .token:
            if account.hasSoftToken { return before() }
            if account.state != .none { return kept(candidate) }
        }
        switch candidate.work {
        case .register(let phone, let email):
            let request = NetRequest.register(phone, email: email, sendsInstallLink: installLink)
            return .ask(
                Registration(place: candidate.place, person: candidate.person, account: account, request: request))
        case .link(let id): try link(candidate.person, id: id, seen: account, place: candidate.place) { $0.linked += 1 }
        case .token(let token): return try takeOver(token, candidate: candidate)
        }
        return .done
    }

    private func before() -> Team.Step {
        counts.before += 1
        progress.show(counts.all, text: counts.sentence)
        return .done
    }

    /// Leaves a user who has, or was given, another factor.
    ///
    /// The secret lay within the user's reach, so it must not stand beside that factor.
    private func kept(_ candidate: ImportedUser) -> Team.Step {
        progress.leave()
        Output.warning("\(candidate.place): \(candidate.person.name) has a factor already, and is left as it is")
        return before()
    }

    private func receive(_ one: Registration, answer: NetResult) throws {
        switch answer {
        case .registered(let id):
            try link(one.person, id: id, seen: one.account, place: one.place) { $0.registered += 1 }
        case .invalid(let fields):
            progress.leave()
            Output.complain(
                "\(one.place): the server does not take \(PhoneEnrolment.named(fields)) of \(one.person.name)")
            counts.refused += 1
            progress.show(counts.all, text: counts.sentence)
        case .refused(let reason):
            progress.leave()
            Output.complain(soFar)
            throw CommandError(
                "\(one.place): the server did not register \(one.person.name): \(reason)",
                hint: PhoneEnrolment.refusalHint)
        default:
            progress.leave()
            Output.complain(soFar)
            throw CommandError(
                "\(one.place): the server gave an answer that makes no sense", hint: PhoneEnrolment.refusalHint)
        }
    }

    private func link(
        _ person: Person, id: AuthyID, seen: Account, place: String, count: (inout Counts) -> Void
    ) throws {
        guard try context.accounts.link(person, to: id, ifStill: seen) != nil else {
            progress.leave()
            Output.warning("\(place): the account of \(person.name) has changed meanwhile, and is left as it is")
            _ = before()
            return
        }
        context.logChange("import", of: person, detail: "AuthyID \(id)")
        count(&counts)
        progress.show(counts.all, text: counts.sentence)
    }

    private func takeOver(_ token: Entry.SoftToken, candidate: ImportedUser) throws -> Team.Step {
        let person = candidate.person
        let codes = token.scratchCodes.compactMap { RecoveryCode(Array($0.utf8)) }
        let hashes: [String]? = if codes.isEmpty { [] } else { RecoveryCodes.hashes(of: codes) }
        guard let hashes else {
            throw CommandError("no recovery code can be hashed on this system")
        }
        let parameters = token.parameters
        let stored = StoredSoftToken(
            secret: token.secret.withUnsafeBytes { Array($0) }, algorithm: parameters.algorithm.rawValue,
            digits: parameters.digits,
            period: parameters.period)
        // The account may have been given a factor meanwhile.
        guard try context.accounts.importSoftToken(stored, recoveryCodes: hashes, for: person) != nil else {
            return kept(candidate)
        }
        context.logChange("import", of: person, detail: "SoftToken, \(hashes.count.counted("recovery code"))")
        counts.tokens += 1
        progress.show(counts.all, text: counts.sentence)
        return .done
    }
}

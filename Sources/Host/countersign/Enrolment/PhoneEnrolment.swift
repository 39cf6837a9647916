internal import Accounts
internal import AuthyWire
internal import CommandSupport
internal import Encoding
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol

/// Registers a person at the server, links the account, and has a factor proven.
struct PhoneEnrolment {
    let context: CommandContext
    let person: Person
    let dialogue: Dialogue
    /// Whether standard output carries JSON.
    let json: Bool

    /// Runs the whole enrollment.
    ///
    /// With `way` nil, the factor is chosen by what the person has. With `later`, the proof is left to the first login.
    func run(_ phone: PhoneNumber, email: String, installLink: Bool, way: Way?, later: Bool) throws {
        let before = try context.accounts.account(of: person)
        if let id = before.authyID { throw Self.isLinked(person, id: id) }
        if before.isConfirmed, later {
            throw CommandError(
                "\(person.label) has proven a factor: another one counts once it is proven too",
                hint: "leave --later out")
        }
        var known = before
        let register = { (phone: PhoneNumber) in
            let id = try dialogue.register(phone, email: email, installLink: installLink, for: person)
            known = try adopt(id, phone: phone, known: known)
            return (id, try dialogue.serverView(id, of: person, in: context)?.hasApp)
        }
        let (id, hasApp) = try register(phone)
        guard !later else { return try end(.later, phone: phone.maskedWithCode, before: before) }
        var proving = try FactorProof(
            context, person, id, before.isConfirmed ? .another(before) : .enrolment, phone: phone.maskedWithCode,
            hasApp: hasApp, dialogue,
            register: register)
        guard let first = way ?? proving.first else {
            return try end(
                .refused("login.factors names no way to confirm by"), phone: phone.maskedWithCode, before: before)
        }
        let ended = try proving.run(first)
        try end(ended, phone: proving.phone, before: before)
    }

    /// Links the AuthyID; if another factor has confirmed the account, the phone has to be proven first.
    ///
    /// `known` is the account as this dialogue left it. Returns the account as it is now.
    private func adopt(_ id: AuthyID, phone: PhoneNumber, known: Account) throws -> Account {
        guard !known.isConfirmed else {
            let said = "registered \(phone.maskedWithCode) as AuthyID \(id); it is linked once the phone is proven"
            try Output.said("\(person.label): \(said)", besidesData: json)
            return known
        }
        // An account that was confirmed meanwhile is not linked to another phone.
        guard let change = try context.accounts.link(person, to: id, ifStill: known) else {
            throw CommandError(
                "the account of \(person.name) has changed meanwhile", hint: "countersign show \(person.typed)")
        }
        context.logChange("enroll", of: person, detail: "AuthyID \(id), \(phone.maskedWithCode)")
        try Output.said(ChangeSummary.registered(person, id: id, phone: phone, change: change), besidesData: json)
        return change.after
    }

    static func isLinked(_ person: Person, id: AuthyID) -> CommandError {
        CommandError(
            "\(person.name) is linked to AuthyID \(id) already",
            hint: """
                \(wrongNumber(person))
                same account at the server, new phone number? countersign refresh \(person.typed)
                """)
    }

    static func wrongNumber(_ person: Person) -> String {
        "wrong number? countersign unlink \(person.typed), then enroll again"
    }

    /// Hint if the server answers, but does not do what it was asked.
    static let refusalHint = "url and API key under [server] must be those of this server; its own log may say more"

    /// Hint if no answer comes.
    static let outageHint = "try again later; if this is new: is the url under [server] right, and does the server run?"

    /// Names the server's fields in words.
    static func named(_ fields: String) -> String {
        let words = [
            "cellphone": "the phone number", "country_code": "the country code", "email": "the e-mail address",
        ]
        let named = fields.split { $0 == "," || $0 == " " }.map { words[String($0)] ?? String($0) }
        return if named.isEmpty {
            "the phone number, the country code or the e-mail address"
        } else {
            named.joined(separator: " and ")
        }
    }

    /// Prints the result; `before` is the account as it was found.
    private func end(_ ended: FactorProof.Ended, phone: String?, before: Account) throws {
        let account = try context.accounts.account(of: person)
        if json {
            try Output.json(
                .object([
                    "user": .string(person.name), "uid": .integer(Int64(person.uid)),
                    "authy_id": account.authyID.map { .integer($0.value) } ?? .null,
                    "phone": phone.map { .string($0) } ?? .null, "state": .string(account.state.rawValue),
                    "confirmed_by": ended.way.map { .string($0.rawValue) } ?? .null,
                ]))
        }
        if before.isConfirmed, ended.way == nil { return try notAnother(ended) }
        try ended.report(person, in: context, besidesData: json, isNew: true)
    }

    /// Reports that a confirmed account is unchanged, as the new phone was not proven.
    private func notAnother(_ ended: FactorProof.Ended) throws {
        let said = "\(person.label): the phone is not linked"
        let hint = "the account is what it was; countersign enroll again when the phone is at hand"
        switch ended {
        case .confirmed: break
        case .later: try Output.said("\(said): it was not proven", besidesData: json)
        case .refused(let why): throw CommandError("\(said): \(why)", hint: hint, code: .refused)
        case .unavailable(let why): throw CommandError("\(said): \(why)", hint: hint, code: .later)
        }
    }
}

extension Dialogue {
    /// Has the server register a phone.
    ///
    /// Nothing is stored on this host.
    func register(_ phone: PhoneNumber, email: String, installLink: Bool, for person: Person) throws -> AuthyID {
        switch ask(.register(phone, email: email, sendsInstallLink: installLink)) {
        case .registered(let id): return id
        case .invalid(let fields):
            throw CommandError(
                "the server does not take \(PhoneEnrolment.named(fields)) of \(person.name); nothing was stored",
                hint: "correct it and try again")
        case .outage(let reason):
            throw CommandError(
                "the server is out of reach: \(reason); nothing was stored", hint: PhoneEnrolment.outageHint,
                code: .later)
        case .limited(let seconds):
            let wait = seconds.map { "in \($0.counted("second"))" } ?? "later"
            throw CommandError(
                "the server takes no more requests for now; nothing was stored", hint: "try again \(wait)", code: .later
            )
        case .refused(let reason):
            throw CommandError(
                "the server did not register \(person.name): \(reason); nothing was stored",
                hint: PhoneEnrolment.refusalHint
            )
        default:
            throw CommandError(
                "the server gave an answer that makes no sense; nothing was stored", hint: PhoneEnrolment.refusalHint)
        }
    }

    /// Stores what the server knows of a user; returns nil if it does not say, which is not a failure.
    func serverView(_ id: AuthyID, of person: Person, in context: CommandContext) throws -> ServerView? {
        guard case .user(let phone, let hasApp) = ask(.status(of: id)) else { return nil }
        let view = ServerView(phone: phone, hasApp: hasApp, time: Timestamp.now)
        _ = try context.accounts.storeServerView(of: person, authyID: id, view)
        return view
    }
}

extension FactorProof.Ended {
    var way: Way? {
        if case .confirmed(let way) = self { way } else { nil }
    }

    /// Reports the result, to the system log and to the caller.
    ///
    /// `isNew` says that the number was given just now.
    func report(_ person: Person, in context: CommandContext, besidesData: Bool, isNew: Bool = false) throws {
        let stays =
            "the account stays linked; a login with the factor confirms it, "
            + "and so does countersign confirm \(person.typed)"
        let hint = if isNew { "\(stays)\n\(PhoneEnrolment.wrongNumber(person))" } else { stays }
        switch self {
        case .confirmed(let way):
            context.logChange("confirm", of: person, detail: "by \(way.rawValue)")
            try Output.said("\(person.name): confirmed by \(way.rawValue)", besidesData: besidesData)
        case .later:
            try Output.said(
                "\(person.name): not confirmed yet; the first login with the factor confirms", besidesData: besidesData)
        case .refused(let why):
            throw CommandError("\(person.name) is not confirmed: \(why)", hint: hint, code: .refused)
        case .unavailable(let why):
            throw CommandError("\(person.name) is not confirmed: \(why)", hint: hint, code: .later)
        }
    }
}

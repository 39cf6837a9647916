internal import Accounts
internal import AuthyWire
internal import Frames
internal import LoginFlow
internal import Settings

/// Registers one person at the server, links the account, and has a factor proven.
struct Enrolling {
    let desk: Desk
    let person: Person
    let dialogue: Dialogue
    /// Whether standard output carries data.
    let json: Bool

    /// - Parameters:
    ///   - way: nil for what the person has.
    ///   - later: whether the proof is left to the first login.
    func run(_ phone: PhoneNumber, email: String, installLink: Bool, way: Way?, later: Bool) throws {
        let before = try desk.accounts.account(of: person)
        if let id = before.authyID { throw Self.isLinked(person, id) }
        let register = { (phone: PhoneNumber) in try self.register(phone, email: email, installLink: installLink) }
        let (id, hasApp) = try register(phone)
        guard !later else { return try end(.later, phone.maskedWithCode) }
        var proving = try Proving(
            desk, person, id, .enrolment, phone: phone.maskedWithCode, hasApp: hasApp, dialogue, register: register)
        guard let first = way ?? proving.first else {
            return try end(.refused("login.factors names no way to confirm by"), phone.maskedWithCode)
        }
        let ended = try proving.run(first)
        try end(ended, proving.phone)
    }

    /// - Throws: a `Trouble` where nothing was changed.
    private func register(_ phone: PhoneNumber, email: String, installLink: Bool) throws -> Proving.Registered {
        // What somebody has proven meanwhile is not given to another phone.
        guard try !desk.accounts.account(of: person).isConfirmed else {
            throw Trouble("the account of \(person.name) has changed meanwhile", hint: "countersign show \(person.typed)")
        }
        let id = try dialogue.register(phone, email: email, installLink: installLink, for: person)
        let change = try desk.accounts.link(person, id)
        desk.tell("enroll", person, "AuthyID \(id), \(phone.maskedWithCode)")
        try Output.said(Sentence.registered(person, id, phone, change), besidesData: json)
        return (id, try dialogue.look(id, of: person, desk)?.hasApp)
    }

    static func isLinked(_ person: Person, _ id: AuthyID) -> Trouble {
        Trouble(
            "\(person.name) is linked to AuthyID \(id) already",
            hint: """
                \(wrongNumber(person))
                countersign refresh \(person.typed) for a changed phone; for another person or a lost account: unlink too
                """)
    }

    static func wrongNumber(_ person: Person) -> String { "wrong number? countersign unlink \(person.typed), then enroll again" }

    static let refusalHint = "countersign check, and the server's log"

    /// The server's names of fields, in words.
    static func named(_ fields: String) -> String {
        let words = ["cellphone": "the phone number", "country_code": "the country code", "email": "the e-mail address"]
        let named = fields.split { $0 == "," || $0 == " " }.map { words[String($0)] ?? String($0) }
        return named.isEmpty ? "the phone number, the country code or the e-mail address" : named.joined(separator: " and ")
    }

    private func end(_ ended: Proving.Ended, _ phone: String?) throws {
        let account = try desk.accounts.account(of: person)
        if json {
            try Output.json(
                .object([
                    "user": .string(person.name), "uid": .integer(Int64(person.uid)),
                    "authy_id": account.authyID.map { .integer($0.value) } ?? .null,
                    "phone": phone.map { .string($0) } ?? .null, "state": .string(account.state.rawValue),
                    "confirmed_by": ended.way.map { .string($0.rawValue) } ?? .null,
                ]))
        }
        try ended.tell(person, desk, besidesData: json, isNew: true)
    }
}

extension Dialogue {
    /// Has the server register a phone. Nothing is stored on this host.
    func register(_ phone: PhoneNumber, email: String, installLink: Bool, for person: Person) throws -> AuthyID {
        switch ask(.register(phone, email: email, installLink: installLink)) {
        case .registered(let id): return id
        case .invalid(let fields):
            throw Trouble(
                "the server does not take \(Enrolling.named(fields)) of \(person.name); nothing was stored",
                hint: "correct it and try again")
        case .outage(let reason):
            throw Trouble("the server is out of reach: \(reason); nothing was stored", hint: "try again later", code: .later)
        case .limited(let seconds):
            let wait = seconds.map { "in \($0) seconds" } ?? "later"
            throw Trouble("the server takes no more requests for now; nothing was stored", hint: "try again \(wait)", code: .later)
        case .refused(let reason):
            throw Trouble("the server did not register \(person.name): \(reason); nothing was stored", hint: Enrolling.refusalHint)
        default: throw Trouble("the server gave an answer that makes no sense; nothing was stored", hint: Enrolling.refusalHint)
        }
    }

    /// Notes what the server knows; nil where it does not say, which is no failure.
    func look(_ id: AuthyID, of person: Person, _ desk: Desk) throws -> ServerView? {
        guard case .status(let phone, let hasApp) = ask(.status(of: id)) else { return nil }
        let view = ServerView(phone: phone, hasApp: hasApp, time: Moment.now)
        _ = try desk.accounts.see(person, id, view)
        return view
    }
}

extension Proving.Ended {
    var way: Way? {
        if case .confirmed(let way) = self { way } else { nil }
    }

    /// What came of it, for the log and the caller.
    /// - Parameter isNew: whether the number was given just now.
    func tell(_ person: Person, _ desk: Desk, besidesData: Bool, isNew: Bool = false) throws {
        let stays = "the account stays linked; a login with the factor confirms it, and so does countersign confirm \(person.typed)"
        let hint = isNew ? "\(stays)\n\(Enrolling.wrongNumber(person))" : stays
        switch self {
        case .confirmed(let way):
            desk.tell("confirm", person, "by \(way.rawValue)")
            try Output.said("\(person.name): confirmed by \(way.rawValue)", besidesData: besidesData)
        case .later:
            try Output.said("\(person.name): not confirmed yet; the first login with the factor confirms", besidesData: besidesData)
        case .refused(let why): throw Trouble("\(person.name) is not confirmed: \(why)", hint: hint, code: .refused)
        case .unavailable(let why): throw Trouble("\(person.name) is not confirmed: \(why)", hint: hint, code: .later)
        }
    }
}

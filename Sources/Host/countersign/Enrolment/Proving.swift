internal import Accounts
internal import Identifiers
internal import LoginPolicy
internal import PhoneNumbers
internal import HostSettings

/// Has a person prove a factor in a dialogue: only that confirms an account.
struct Proving {
    enum Ended: Equatable {
        case confirmed(Way)
        /// Left to the first login.
        case later
        /// The person or the phone said no, or no code was right.
        case refused(String)
        case unavailable(String)
    }

    /// What is proven, and what that brings.
    enum Purpose {
        /// An administrator enrols somebody: a SoftToken may be made.
        case enrolment
        /// What the account has. Whoever may only prove that must not bring a SoftToken along.
        case confirmation
        /// A phone besides the factor that has confirmed the account, which is linked when it is proven. As the account was found.
        case another(Account)
    }

    /// What comes next.
    enum Next {
        case ended(Ended)
        case way(Way)
        /// The person says.
        case choice
        /// The phone was another one.
        case number(PhoneNumber)
    }

    /// What the server gave a number, and knows of it.
    typealias Registered = (id: AuthyID, hasApp: Bool?)

    let desk: Desk
    let person: Person
    /// Nil where the account has none: codes and requests go nowhere.
    private(set) var id: AuthyID?
    let purpose: Purpose
    /// Where codes go, masked.
    private(set) var phone: String?
    /// Whether the phone can approve, as far as the server says.
    private var hasApp: Bool?
    /// Puts another number in place of the first; nil where that is not for this dialogue.
    private let register: ((PhoneNumber) throws -> Registered)?
    let dialogue: Dialogue
    let issuer: String
    var wrongCodes = 0

    init(
        _ desk: Desk, _ person: Person, _ id: AuthyID?, _ purpose: Purpose, phone: String?, hasApp: Bool?,
        _ dialogue: Dialogue,
        register: ((PhoneNumber) throws -> Registered)? = nil
    ) throws {
        self.desk = desk
        self.person = person
        self.id = id
        self.purpose = purpose
        self.phone = phone
        self.hasApp = hasApp
        self.dialogue = dialogue
        self.register = register
        issuer = SoftToken.hostName()
        let hasToken = try desk.accounts.account(of: person).hasSoftToken
        rules = desk.settings.login(for: "countersign", of: person)
        let factors = rules.factors.map(\.rawValue)
        ways = Way.allCases.filter { way in
            guard factors.contains(way.rawValue) else { return false }
            return switch way {
            case .sms, .call, .oneTouch: id != nil
            case .softToken:
                switch purpose {
                case .enrolment: true
                case .confirmation: hasToken
                case .another: false
                }
            }
        }
    }

    /// The ways that a login would take too.
    let ways: [Way]

    /// What is tried where nobody has named a way.
    var first: Way? {
        ways.first { $0 == .oneTouch && hasApp == true } ?? ways.first { $0 == .sms } ?? ways.first { $0 == .call }
            ?? ways.first
    }

    mutating func run(_ first: Way) throws -> Ended {
        var next = Next.way(first)
        while true {
            switch next {
            case .ended(let ended): return ended
            case .way(let way) where !ways.contains(way):
                next = cannot(whyNot(way))
            case .way(.sms): next = try sendCode(.sms)
            case .way(.call): next = try sendCode(.call)
            case .way(.oneTouch): next = try askPhone()
            case .way(.softToken): next = try makeToken()
            case .choice: next = try choose()
            case .number(let number): next = try take(number)
            }
        }
    }

    private func whyNot(_ way: Way) -> String {
        let isAllowed = rules.factors.contains { $0.rawValue == way.rawValue }
        if case .another = purpose, way == .softToken {
            return "softtoken is not possible: it is the phone that is to be proven"
        }
        if isAllowed, way == .softToken {
            return "\(person.name) has no SoftToken: countersign softtoken \(person.typed) makes one"
        }
        let why =
            !isAllowed
            ? "login.factors does not have it"
            : desk.settings.server == nil ? "the settings have no [server]" : "\(person.name) has no AuthyID"
        return "\(way.rawValue) is not possible: \(why)"
    }

    /// What the server does not take leaves everything as it was.
    private mutating func take(_ number: PhoneNumber) throws -> Next {
        guard let register else { return .choice }
        do { (id, hasApp) = try register(number) } catch let trouble as Trouble { return cannot(trouble.message) }
        phone = number.maskedWithCode
        return first.map { .way($0) } ?? .choice
    }

    /// Those of the settings for this user.
    let rules: LoginRules

    /// What cannot be done that way; another is asked for where somebody can be.
    func cannot(_ why: String, _ ended: Ended? = nil) -> Next {
        guard dialogue.asks else { return .ended(ended ?? .refused(why)) }
        // A user is not called otherwise at the beginning of a sentence.
        say(why.hasPrefix(person.name) ? why : why.prefix(1).uppercased() + why.dropFirst() + ".")
        return .choice
    }

    func cannot(_ answer: NetAnswer) -> Next {
        switch answer {
        case .outage(let reason):
            cannot("the server is out of reach: \(reason)", .unavailable("the server is out of reach: \(reason)"))
        case .limited:
            cannot(
                "the server takes no more requests for now", .unavailable("the server takes no more requests for now"))
        case .noDevice(let reason), .refused(let reason), .invalid(let reason):
            cannot("that is not possible: \(reason)")
        case .unknownUser: cannot("the server does not know the AuthyID any more")
        default: cannot("the server gave an answer that makes no sense")
        }
    }

    func say(_ text: some StringProtocol) { Output.complain(String(text)) }

    // MARK: what is typed

    enum Typed {
        case code(OneTimeCode)
        case way(Way)
        case number(PhoneNumber)
        /// A number that cannot be, and why.
        case noNumber(String)
        case resend, later, nothing, other
    }

    var takesNumbers: Bool { register != nil && dialogue.asks }

    func read(_ line: String) -> Typed {
        let word = line.filter { $0 != " " && $0 != "\t" }.lowercased()
        if takesNumbers, (try? WrittenPhoneNumber(line))?.isInternational ?? word.hasPrefix("+") {
            do throws(PhoneNumberError) { return .number(try PhoneNumber(written: line, in: .unknown)) } catch {
                return .noNumber(error.message)
            }
        }
        if word.isEmpty { return .nothing }
        if word == "resend" { return .resend }
        if word == "later" { return .later }
        if let way = Way(rawValue: word) { return .way(way) }
        return OneTimeCode(Array(line.utf8)).map { .code($0) } ?? .other
    }

    /// What can be typed. Who has no device is offered no request to it: the word is taken all the same, as one may be there since.
    func words(without way: Way? = nil, resend: Bool = false) -> String {
        ((resend ? ["resend"] : []) + ways.filter { $0 != way && !($0 == .oneTouch && hasApp == false) }.map(\.rawValue)
            + ["later"])
            .joined(separator: ", ")
    }

    func prompt(_ text: String) { if dialogue.asks { Output.ask(text) } }

    static func refused(_ why: String) -> String { "The number is not taken: \(why)." }

    private static let isNoWord = "That is none of the words."

    func choose() throws -> Next {
        prompt("How to confirm [\(words())]: ")
        switch try dialogue.hear(input: true) {
        case .line(let line):
            switch read(line) {
            case .way(let way): return .way(way)
            case .number(let number): return .number(number)
            case .later: return .ended(.later)
            case .nothing: return .choice
            case .noNumber(let why):
                say(Self.refused(why))
                return .choice
            case .code, .resend, .other:
                say(Self.isNoWord)
                return .choice
            }
        default: return .ended(.later)
        }
    }
}

internal import Accounts
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol
internal import PhoneNumbers

/// Has a person prove a factor in a dialogue; an account is confirmed only by such a proof.
struct FactorProof {
    enum Ended: Equatable {
        case confirmed(Way)
        /// Left to the first login.
        case later
        /// The person or the phone refused, or no code was right.
        case refused(String)
        case unavailable(String)
    }

    /// What is proven, and what follows from it.
    enum Purpose {
        /// An administrator enrolls somebody; a SoftToken may be made.
        case enrolment
        /// A factor that the account has; no SoftToken may be made.
        case confirmation
        /// A phone besides the factor that confirmed the account, linked once it is proven; holds the account as it was
        /// found.
        case another(Account)
    }

    /// The next step.
    enum Next {
        case ended(Ended)
        case way(Way)
        /// The person chooses.
        case choice
        /// Another phone is registered in place of the first.
        case number(PhoneNumber)
    }

    /// AuthyID that the server gave a number, and whether there is a device for approval.
    typealias Registered = (id: AuthyID, hasApp: Bool?)

    let context: CommandContext
    let person: Person
    /// Nil if the account has none: neither codes nor requests can then be sent.
    private(set) var id: AuthyID?
    let purpose: Purpose
    /// Number that codes go to, masked.
    private(set) var phone: String?
    /// Whether the phone can approve, according to the server; nil if unknown.
    private var hasApp: Bool?
    /// Registers another number in place of the first; nil if this dialogue does not offer that.
    private let register: ((PhoneNumber) throws -> Registered)?
    let dialogue: Dialogue
    let issuer: String
    var wrongCodes = 0

    init(
        _ context: CommandContext, _ person: Person, _ id: AuthyID?, _ purpose: Purpose, phone: String?, hasApp: Bool?,
        _ dialogue: Dialogue,
        register: ((PhoneNumber) throws -> Registered)? = nil
    ) throws {
        self.context = context
        self.person = person
        self.id = id
        self.purpose = purpose
        self.phone = phone
        self.hasApp = hasApp
        self.dialogue = dialogue
        self.register = register
        issuer = SoftToken.hostName()
        let hasToken = try context.accounts.account(of: person).hasSoftToken
        rules = context.settings.login(for: "countersign", of: person)
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

    /// Ways that the settings allow this user, and that can be used now.
    let ways: [Way]

    /// Way to try first if none was named.
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
            case .number(let number): next = try useNumber(number)
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
            if !isAllowed {
                "login.factors does not have it"
            } else if context.settings.server == nil {
                "the settings have no [server]"
            } else {
                "\(person.name) has no AuthyID"
            }
        return "\(way.rawValue) is not possible: \(why)"
    }

    /// Registers another number; if the server refuses it, nothing changes.
    private mutating func useNumber(_ number: PhoneNumber) throws -> Next {
        guard let register else { return .choice }
        do { (id, hasApp) = try register(number) } catch let error as CommandError { return cannot(error.message) }
        phone = number.maskedWithCode
        return first.map { .way($0) } ?? .choice
    }

    /// The settings' rules for this user.
    let rules: LoginRules

    /// Says that a way is not possible; asks for another one if a person can be asked.
    func cannot(_ why: String, ended: Ended? = nil) -> Next {
        guard dialogue.asks else { return .ended(ended ?? .refused(why)) }
        // The name of a user keeps its spelling at the beginning of a sentence.
        if why.hasPrefix(person.name) { say(why) } else { say(why.prefix(1).uppercased() + why.dropFirst() + ".") }
        return .choice
    }

    func cannot(_ answer: NetResult) -> Next {
        switch answer {
        case .outage(let reason):
            cannot(
                "the server is out of reach: \(reason)", ended: .unavailable("the server is out of reach: \(reason)"))
        case .limited:
            cannot(
                "the server takes no more requests for now",
                ended: .unavailable("the server takes no more requests for now"))
        case .noDevice(let reason), .refused(let reason), .invalid(let reason):
            cannot("that is not possible: \(reason)")
        case .unknownUser: cannot("the server does not know the AuthyID any more")
        default: cannot("the server gave an answer that makes no sense")
        }
    }

    func say(_ text: some StringProtocol) { Output.complain(String(text)) }

    // MARK: typed input

    enum Typed {
        case code(OneTimeCode)
        case way(Way)
        case number(PhoneNumber)
        /// A number that cannot be used, and why.
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

    /// Lists the words that can be typed.
    ///
    /// Without a device `onetouch` is not listed, but it is accepted, as one may have been added since.
    func words(without way: Way? = nil, resend: Bool = false) -> String {
        var words: [String] = []
        if resend { words.append("resend") }
        words += ways.filter { $0 != way && !($0 == .oneTouch && hasApp == false) }.map(\.rawValue)
        words.append("later")
        return words.joined(separator: ", ")
    }

    func prompt(_ text: String) { if dialogue.asks { Output.ask(text) } }

    static func refused(_ why: String) -> String { "The number is not taken: \(why)." }

    private static let isNoWord = "That is none of the words."

    func choose() throws -> Next {
        prompt("How to confirm (\(words())): ")
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

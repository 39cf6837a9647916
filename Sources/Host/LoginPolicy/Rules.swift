public import Identifiers

/// The rules of `[login]`, after those of the service were laid over them.
public struct LoginRules: Equatable, Sendable {
    /// When the prompt for a code appears: after `onetouchWait`, or in the first second.
    public enum Prompt: String, Sendable, CaseIterable { case wait, now }
    /// Whose factor is asked for: that of PAM_USER, or that of the real uid.
    public enum FactorOf: String, Sendable, CaseIterable { case user, caller }

    public var factors: [Factor] = [.oneTouch, .softToken, .sms, .call, .recovery]
    /// What is tried first; nil for a request on the phone where there can be one.
    public var prefer: Factor?
    /// Seconds until the code prompt.
    public var onetouchWait = 15
    /// Seconds for the whole login.
    public var deadline = 90
    /// How many codes may be tried in one login.
    public var tries = 3
    public var prompt = Prompt.wait
    public var numberMatching = false
    /// Whether a request on the phone has a number at all.
    public var checkNumber = true
    public var factorOf = FactorOf.user

    public init() {}
}

/// The rules of `[enrolment]`.
public struct EnrolmentRules: Equatable, Sendable {
    public enum Mode: String, Sendable, CaseIterable { case optional, grace, required }
    /// Whether users may do without a factor: never, for as long as their grace lasts, or for good.
    public enum OptOut: String, Sendable, CaseIterable { case no, grace, yes }

    public var mode = Mode.grace
    public var graceLogins = 5
    /// The last day of grace in the host's local time, or nil for no end.
    public var graceUntil: CivilDay?
    /// The services whose logins spend a grace login.
    public var graceServices = ["sshd", "login", "su"]
    /// Logins of one user from one address within this many seconds spend once.
    public var graceWindow = 600
    /// Whether a user without a factor is offered to enrol a phone in the login itself.
    public var atLogin = false
    /// The clients' networks in which that is offered; nil for all.
    public var atLoginNetworks: [Network]?
    /// What the offer says, or nil for the text of ours.
    public var atLoginText: String?
    /// Put before phone numbers that come without one: digits.
    public var countryCode: String?
    /// What stands behind the @ of the address of a user for whom no other is given.
    public var emailDomain: String?
    public var optOut = OptOut.no
    /// What argues against opting out, or nil for the text of ours.
    public var optOutText: String?

    public init() {}
}

/// The rules of `[lockout]`: after `failures` wrong codes no code is taken for `seconds`.
public struct LockoutRules: Equatable, Sendable {
    /// Wrong codes until codes are locked.
    public var failures = 5
    /// How long the first lock is; each that follows without a right code is twice as long as the one before, up to an hour.
    public var seconds = 300
    /// Wrong codes of a day; then codes are locked until a day has passed since the first of them.
    public var failuresOfDay = 50

    public init() {}
}

/// What `[outage] mode` says: whether a login passes when the server is out of reach and nothing else can be asked.
public enum OutageMode: String, Sendable, CaseIterable { case deny, allow }

/// One `[[exempt]]` table: all that it names must match; what is nil does not restrict.
public struct Exemption: Equatable, Sendable {
    public var users: [String]?
    public var groups: [String]?
    public var services: [String]?
    public var networks: [Network]?

    public init(users: [String]? = nil, groups: [String]? = nil, services: [String]? = nil, networks: [Network]? = nil)
    {
        self.users = users
        self.groups = groups
        self.services = services
        self.networks = networks
    }

    /// - Parameters:
    ///   - groups: those of the names in the settings of which the person is a member.
    ///   - address: the client's, or nil where there is none or it is not numeric: it then matches no network.
    public func matches(user: String, groups: Set<String>, service: String, address: Address?) -> Bool {
        if let users, !users.contains(where: { Self.same($0, user) }) { return false }
        if let names = self.groups, !names.contains(where: { name in groups.contains { Self.same($0, name) } }) {
            return false
        }
        if let services, !services.contains(service) { return false }
        if let networks {
            guard let address else { return false }
            return networks.contains { $0.contains(address) }
        }
        return true
    }

    /// Byte for byte, as the system tells names apart; Swift takes é and é for one text.
    private static func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
}

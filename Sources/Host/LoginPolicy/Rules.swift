public import Identifiers

/// The rules of `[login]`, overlaid with those of the service, the user and the groups where the settings have any.
public struct LoginRules: Equatable, Sendable {
    /// When the code prompt appears: after `onetouchWait`, or within the first second.
    public enum Prompt: String, Sendable, CaseIterable { case wait, now }
    /// Whose factor is asked for: that of PAM_USER (pam_get_user(3)), or that of the real uid.
    public enum FactorOf: String, Sendable, CaseIterable { case user, caller }

    /// The factors that may be used.
    public var factors: [Factor] = [.oneTouch, .softToken, .sms, .call, .recovery]
    /// The factor that is tried first; nil: a request on the phone if one is possible.
    public var prefer: Factor?
    /// Seconds until the code prompt appears.
    public var onetouchWait = 15
    /// Seconds for the whole login.
    public var deadline = 90
    /// How many wrong codes end the login.
    public var tries = 3
    /// When the code prompt appears.
    public var prompt = Prompt.wait
    /// Whether the user must see the check number: without live text, the prompt then comes at once.
    public var numberMatching = false
    /// Whether a request on the phone has a check number.
    public var checkNumber = true
    /// Whose factor is asked for.
    public var factorOf = FactorOf.user

    /// The rules of an empty `[login]`.
    public init() {}
}

/// The rules of `[enrolment]`.
public struct EnrolmentRules: Equatable, Sendable {
    /// Whether a factor is required: never, after the grace logins, or always.
    public enum Mode: String, Sendable, CaseIterable { case optional, grace, required }
    /// Whether users may opt out of a factor: never, while their grace lasts, or for good.
    public enum OptOut: String, Sendable, CaseIterable { case no, grace, yes }

    /// Whether a factor is required.
    public var mode = Mode.grace
    /// How many logins each user has without a factor.
    public var graceLogins = 5
    /// The last day of grace in the host's local time, or nil for no end.
    public var graceUntil: CivilDay?
    /// The PAM services whose logins spend a grace login.
    public var graceServices = ["sshd", "login", "su"]
    /// Seconds within which logins of one user from one address spend one grace login together.
    public var graceWindow = 600
    /// Whether a login offers a user without a factor to enroll a phone.
    public var atLogin = false
    /// The client networks in which that is offered; nil for all.
    public var atLoginNetworks: [Network]?
    /// The text of the offer, or nil for the built-in one.
    public var atLoginText: String?
    /// The country code, in digits, of phone numbers typed without one; nil if they need one (ITU-T E.164).
    public var countryCode: String?
    /// The domain of a user's e-mail address if the user name has none; nil for no default.
    public var emailDomain: String?
    /// Whether users may opt out.
    public var optOut = OptOut.no
    /// The warning that is shown before opting out, or nil for the built-in one.
    public var optOutText: String?

    /// The rules of an empty `[enrolment]`.
    public init() {}
}

/// The rules of `[lockout]`: after `failures` wrong codes, codes are refused for `seconds`.
public struct LockoutRules: Equatable, Sendable {
    /// How many wrong codes lock codes.
    public var failures = 5
    /// Length of the first lock in seconds.
    ///
    /// Each further lock without a right code in between is twice as long as the one before, up to one hour.
    public var seconds = 300
    /// How many wrong codes within a day lock codes until one day after the first of them.
    public var failuresOfDay = 50

    /// The rules of an empty `[lockout]`.
    public init() {}
}

/// `[outage] mode`: whether a login passes if the server cannot be reached and nothing else can be asked.
public enum OutageMode: String, Sendable, CaseIterable { case deny, allow }

/// One `[[exempt]]` table: a login is exempt if it matches all keys that are set.
///
/// A key that is nil does not restrict; an empty list matches nothing.
public struct Exemption: Equatable, Sendable {
    /// User names.
    public var users: [String]?
    /// Group names.
    public var groups: [String]?
    /// PAM services.
    public var services: [String]?
    /// Networks of the client's address.
    public var networks: [Network]?

    /// Makes a table with the given keys; without any it matches every login.
    public init(users: [String]? = nil, groups: [String]? = nil, services: [String]? = nil, networks: [Network]? = nil)
    {
        self.users = users
        self.groups = groups
        self.services = services
        self.networks = networks
    }

    /// Whether a login matches.
    ///
    /// - Parameters:
    ///   - user: the canonical name, compared byte for byte.
    ///   - groups: the groups of the settings that the user is a member of.
    ///   - service: the PAM service.
    ///   - address: the client's address; nil, if there is none or it is not numeric, matches no network.
    /// - Returns: true if all keys that are set match.
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

    /// Compares byte for byte, as the system does; Swift's == treats two spellings of é in Unicode as equal.
    private static func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
}

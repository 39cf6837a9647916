internal import Identifiers
public import LoginPolicy
public import SettingsFile

/// The settings of `countersign.toml` (countersign.toml(5)).
///
/// A value of this type comes from a file in which every key is known and every value is valid.
public struct Settings: Equatable, Sendable {
    /// The directory of the accounts: an absolute path without `..`.
    public let state: String
    /// `[server]`; nil: only SoftTokens and recovery codes of this host are used.
    public let server: Server?
    /// `[enrolment]`.
    public let enrolment: EnrolmentRules
    /// `[outage] mode`.
    public let outage: OutageMode
    /// `[lockout]`.
    public let lockout: LockoutRules
    /// Seconds for which a login is not asked again after a proven factor; 0: never remembered.
    public let remember: Int
    /// The longest pause of an account, in hours.
    public let pauseMaxHours: Int
    /// The `[[exempt]]` tables, in the order of the file.
    public let exemptions: [Exemption]
    private let loginTable: LoginTable

    /// Returns the rules of `[login]`, overlaid with those of `[login.service.NAME]` if the file has them.
    ///
    /// - Parameter service: the PAM service.
    /// - Returns: the rules for a user that no other table names.
    public func login(for service: String) -> LoginRules { loginTable.services[service] ?? loginTable.login }

    /// Returns the rules for one user: those of the service, overlaid with the user's and the groups'.
    ///
    /// `[login.user.NAME]` comes first. Otherwise the factors are those that all `[login.group.NAME]` of the user's
    /// groups allow, and there is a check number if any of them wants one. A preferred factor that is not allowed is
    /// dropped.
    ///
    /// - Parameters:
    ///   - service: the PAM service.
    ///   - user: the canonical name, compared byte for byte.
    ///   - groups: the groups of `groupNames` that the user is a member of.
    /// - Returns: the rules for this login.
    public func login(for service: String, user: String, groups: Set<String>) -> LoginRules {
        var rules = login(for: service)
        let own = loginTable.users.first { $0.key.utf8.elementsEqual(user.utf8) }?.value
        let tables = loginTable.groups.filter { table in groups.contains { $0.utf8.elementsEqual(table.key.utf8) } }
            .values
        let theirs = tables.compactMap(\.factors)
        let numbers = tables.compactMap(\.checkNumber)
        if let factors = own?.factors {
            rules.factors = factors
        } else if !theirs.isEmpty {
            rules.factors = Factor.allCases.filter { factor in theirs.allSatisfy { $0.contains(factor) } }
        }
        rules.checkNumber = own?.checkNumber ?? (numbers.isEmpty ? rules.checkNumber : numbers.contains(true))
        rules.prefer = own?.prefer ?? rules.prefer
        if let prefer = rules.prefer, !rules.factors.contains(prefer) { rules.prefer = nil }
        return rules
    }

    /// The NAMEs of all `[login.service.NAME]`, in alphabetical order.
    public var serviceNames: [String] { loginTable.services.keys.sorted() }
    /// The NAMEs of all `[login.user.NAME]`, in alphabetical order.
    public var userNames: [String] { loginTable.users.keys.sorted() }
    /// The NAMEs of all `[login.group.NAME]`, in alphabetical order.
    public var factorGroups: [String] { loginTable.groups.keys.sorted() }

    /// All groups that `[[exempt]]` or `[login.group.NAME]` names, each once: those of exemptions first.
    public var groupNames: [String] {
        (exemptions.flatMap { $0.groups ?? [] } + factorGroups).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
    }

    /// How many groups can be looked up in one login (FRAME_GROUPS_MAX), and the bytes of their names (FRAME_MAX).
    private static let groupsMax = 256, groupBytesMax = 7_000

    /// Reads the text of a whole file.
    ///
    /// - Parameters:
    ///   - text: TOML 1.0 with LF or CRLF line ends.
    ///   - file: the name of the file, for the error.
    /// - Returns: the settings.
    /// - Throws: `SettingsError` with the first fault, its line and its key.
    public static func parse(_ text: String, file: String) throws(SettingsError) -> Settings {
        do throws(Complaint) {
            return try Settings(Table(Value.document(text)))
        } catch {
            throw SettingsError(file: file, text: text, error)
        }
    }

    /// `[server]`: where the 2FA server is and how to reach it.
    public struct Server: Equatable, Sendable {
        /// Where the server listens.
        public enum Endpoint: Equatable, Sendable {
            /// An `https://` or `http://` URL with host, port and path; scheme and host in lower case, no slash at the
            /// end.
            case web(url: String)
            /// The absolute path of a socket, at most 107 bytes (unix(7)).
            case unixSocket(path: String)
        }

        /// Where the API key is.
        public enum APIKeySource: Equatable, Sendable {
            case inline(APIKey)
            /// The absolute path of a file that `APIKey.parse` reads.
            case file(String)
        }

        /// `url`.
        public let endpoint: Endpoint
        /// `api_key` or `api_key_file`.
        public let apiKey: APIKeySource
        /// The absolute path of a PEM file with CA certificates, or nil for those of the system.
        public let caFile: String?
        /// The `http://` or `https://` URL of a proxy, with host and port, or nil for none.
        public let proxy: String?
        /// Seconds to connect.
        public let connectTimeout: Int
        /// Seconds to answer, besides the time for which a long poll asks the server to wait.
        public let requestTimeout: Int

        /// Whether key and answers are sent unencrypted over the network: the URL is http.
        public var isPlain: Bool {
            guard case .web(let url) = endpoint else { return false }
            return url.hasPrefix("http://")
        }
    }
}

// MARK: the known keys

extension Settings {
    fileprivate init(_ document: Table) throws(Complaint) {
        var top = document
        state = try top.take("state", .path(such: "/var/lib/countersign")) ?? "/var/lib/countersign"
        server = try top.tableIfAny("server").map { table throws(Complaint) in try Server(table) }
        loginTable = try LoginTable(top.table("login"))
        enrolment = try EnrolmentRules(top.table("enrolment"), hasServer: server != nil)
        outage = try OutageMode(top.table("outage"))
        lockout = try LockoutRules(top.table("lockout"))
        remember = try Settings.single("seconds", .whole(0...604_800), of: top.table("remember")) ?? 0
        pauseMaxHours = try Settings.single("max_hours", .whole(1...8760), of: top.table("pause")) ?? 72
        exemptions = try Exemption.read(top.take("exempt", .tables("[[exempt]]")) ?? [])
        try top.close()
        try checkGroups(top)
    }

    private func checkGroups(_ document: Table) throws(Complaint) {
        let names = groupNames
        let bytes = names.reduce(0) { $0 + $1.utf8.count }
        let found = "[[exempt]] and [login.group.NAME] name \(names.count) groups, with \(bytes) bytes in their names"
        guard names.count <= Self.groupsMax, bytes <= Self.groupBytesMax else {
            throw document.complaint(
                "\(found); at most \(Self.groupsMax) with \(Self.groupBytesMax) bytes can be looked up in a login")
        }
    }

    /// Reads a table that has one key.
    private static func single<T>(_ key: String, _ kind: Kind<T>, of given: Table) throws(Complaint) -> T? {
        var table = given
        let value = try table.take(key, kind)
        try table.close()
        return value
    }
}

extension Settings.Server {
    fileprivate init(_ given: Table) throws(Complaint) {
        var table = given
        let url = try table.take("url", .endpoint)
        let key = try table.take("api_key", .apiKey)
        let keyFile = try table.take("api_key_file", .path())
        caFile = try table.take("ca_file", .path())
        proxy = try table.take("proxy", .proxy)
        connectTimeout = try table.take("connect_timeout", .whole(1...60)) ?? 5
        requestTimeout = try table.take("request_timeout", .whole(1...120)) ?? 10
        try table.close()
        guard let url else { throw table.complaint("url is missing; write where the server is, or leave out [server]") }
        endpoint = url
        switch (key, keyFile) {
        case (let key?, nil): apiKey = .inline(key)
        case (nil, let file?): apiKey = .file(file)
        case (nil, nil): throw table.complaint("the API key is missing; write api_key_file or api_key")
        case (_?, _?): throw table.complaint("api_key is there too; keep one of the two", at: "api_key_file")
        }
    }
}

/// `[login]` and the tables in it.
private struct LoginTable: Equatable, Sendable {
    var login = LoginRules()
    /// The rules of `[login]` overlaid with those of `[login.service.NAME]`, by NAME.
    var services: [String: LoginRules] = [:]
    var groups: [String: FactorRules] = [:]
    var users: [String: FactorRules] = [:]

    init(_ given: Table) throws(Complaint) {
        var table = given
        try login.lay(&table)
        _ = try table.take(
            "factor_of", Kind<Never>.misplaced("factor_of belongs to one service; move it to [login.service.NAME]"))
        var services = try table.table("service")
        let (groups, users) = (try table.table("group"), try table.table("user"))
        try table.close()
        try login.check(table)
        for name in services.names { self.services[name] = try login.overlaid(by: services.table(name), named: name) }
        self.groups = try FactorRules.read(groups, withPreference: false)
        self.users = try FactorRules.read(users, withPreference: true)
    }
}

/// One `[login.group.NAME]` or `[login.user.NAME]`.
private struct FactorRules: Equatable, Sendable {
    var factors: [Factor]?
    var prefer: Factor?
    var checkNumber: Bool?

    static func read(_ given: Table, withPreference: Bool) throws(Complaint) -> [String: FactorRules] {
        var tables = given
        var all: [String: FactorRules] = [:]
        for name in tables.names {
            var table = try tables.table(name)
            var rules = FactorRules()
            rules.factors = try table.take("factors", .words(Factor.self))
            if withPreference { rules.prefer = try table.take("prefer", .preference) }
            rules.checkNumber = try table.take("check_number", .truth)
            try table.close()
            guard withPreference || rules.factors != nil || rules.checkNumber != nil else {
                throw table.complaint("factors is missing; name what this group may use, or leave out the table")
            }
            if let prefer = rules.prefer, rules.factors?.contains(prefer) == false {
                throw table.complaint("\(prefer.rawValue.quoted) is not among factors", at: "prefer")
            }
            all[name] = rules
        }
        return all
    }
}

extension LoginRules {
    fileprivate func overlaid(by given: Table, named name: String) throws(Complaint) -> LoginRules {
        var service = given
        do throws(Fault) { _ = try serviceName(name) } catch { throw service.complaint(error.message) }
        var overlaid = self
        try overlaid.lay(&service)
        try service.take("factor_of", .word, into: &overlaid.factorOf)
        try service.close()
        try overlaid.check(service)
        return overlaid
    }

    fileprivate mutating func lay(_ table: inout Table) throws(Complaint) {
        try table.take("factors", .words(Factor.self), into: &factors)
        if let prefer = try table.take("prefer", .preference) { self.prefer = prefer }
        try table.take("onetouch_wait", .whole(0...600), into: &onetouchWait)
        try table.take("deadline", .whole(10...600), into: &deadline)
        try table.take("tries", .whole(1...10), into: &tries)
        try table.take("prompt", .word, into: &prompt)
        try table.take("number_matching", .truth, into: &numberMatching)
        try table.take("check_number", .truth, into: &checkNumber)
    }

    /// Checks keys against each other; the error names the key that this table has.
    fileprivate func check(_ table: Table) throws(Complaint) {
        if let prefer, !factors.contains(prefer) {
            throw table.complaint(
                "\(prefer.rawValue.quoted) is preferred, but not among factors",
                at: table.has("prefer") ? "prefer" : "factors")
        }
        if numberMatching, !checkNumber, table.has("number_matching"), table.has("check_number") {
            throw table.complaint(
                "number_matching is true, and without a number there is nothing to match; keep one", at: "check_number")
        }
        guard onetouchWait >= deadline else { return }
        let message =
            "onetouch_wait is \(onetouchWait) and deadline is \(deadline); onetouch_wait must be less than deadline"
        throw table.complaint(message, at: table.has("onetouch_wait") ? "onetouch_wait" : "deadline")
    }
}

extension Kind<Factor> {
    /// A factor that can be tried first: any but a recovery code, which is for users who have nothing else.
    fileprivate static var preference: Kind {
        Kind { value, path throws(Complaint) in
            let factor = try Kind<Factor>.word.read(value, path)
            guard factor != .recovery else {
                throw Complaint(.path(path), "a recovery code cannot be preferred; name another factor")
            }
            return factor
        }
    }
}

extension EnrolmentRules {
    fileprivate init(_ given: Table, hasServer: Bool) throws(Complaint) {
        self.init()
        var table = given
        try table.take("mode", .word, into: &mode)
        try table.take("grace_logins", .whole(0...1000), into: &graceLogins)
        graceUntil = try table.take("grace_until", .day)
        try table.take("grace_services", .list(of: .service, canBeEmpty: true), into: &graceServices)
        try table.take("grace_window", .whole(0...86400), into: &graceWindow)
        try table.take("at_login", .truth, into: &atLogin)
        atLoginNetworks = try table.take("at_login_networks", .list(of: .network))
        atLoginText = try table.take("at_login_text", .saying)
        countryCode = try table.take("country_code", .countryCode)
        emailDomain = try table.take("email_domain", .domain)
        try table.take("opt_out", .word, into: &optOut)
        optOutText = try table.take("opt_out_text", .saying)
        try table.close()
        guard atLogin else { return }
        if !hasServer {
            throw table.complaint(
                "enrolment in the login needs [server]; write one, or at_login = false", at: "at_login")
        }
        if emailDomain == nil {
            throw table.complaint(
                "enrolment in the login needs email_domain, for the users' addresses at the server", at: "at_login")
        }
    }
}

extension OutageMode {
    fileprivate init(_ given: Table) throws(Complaint) {
        var table = given
        self = try table.take("mode", .word) ?? .deny
        try table.close()
    }
}

extension LockoutRules {
    fileprivate init(_ given: Table) throws(Complaint) {
        self.init()
        var table = given
        try table.take("failures", .whole(1...100), into: &failures)
        try table.take("seconds", .whole(1...86400), into: &seconds)
        try table.take("failures_of_day", .whole(1...10_000), into: &failuresOfDay)
        try table.close()
    }
}

extension Exemption {
    fileprivate static func read(_ tables: [Table]) throws(Complaint) -> [Exemption] {
        var exemptions: [Exemption] = []
        for table in tables { exemptions.append(try Exemption(table)) }
        return exemptions
    }

    private init(_ given: Table) throws(Complaint) {
        self.init()
        var table = given
        users = try table.take("users", .list(of: .name))
        groups = try table.take("groups", .list(of: .name))
        services = try table.take("services", .list(of: .service))
        networks = try table.take("networks", .list(of: .network))
        let everyone = try table.take("everyone", .truth)
        try table.close()
        let isForEveryone =
            users == nil && groups == nil && services == nil && networks.map(Network.coverTheInternet) != false
        guard !isForEveryone || everyone == true else {
            throw table.complaint(
                "this exempts everyone; name users, groups, services or networks, or write everyone = true")
        }
    }
}

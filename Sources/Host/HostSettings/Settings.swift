internal import Identifiers
public import LoginPolicy
public import SettingsFile

/// What `countersign.toml` says. A value of this type has every key known and every value checked.
public struct Settings: Equatable, Sendable {
    /// The directory of the accounts: an absolute path without `..`.
    public let state: String
    /// Nil without `[server]`: SoftTokens of this host only.
    public let server: Server?
    public let enrolment: EnrolmentRules
    public let outage: OutageMode
    public let lockout: LockoutRules
    /// Seconds for which a login is not asked again after a proven factor; 0 for none.
    public let remember: Int
    /// How many hours a pause may last.
    public let pauseMaxHours: Int
    /// In the order of the file.
    public let exemptions: [Exemption]
    private let loginTable: LoginTable

    /// The rules of `[login]`, with those of `[login.service.NAME]` laid over them where the file has them.
    public func login(for service: String) -> LoginRules { loginTable.services[service] ?? loginTable.login }

    /// The rules for one person: those of the service, but what `[login.user.NAME]` says, or else what all `[login.group.NAME]` of that
    /// person's groups allow in common; of groups that differ about the number on the phone, those that want it decide.
    /// - Parameter groups: those of `groupNames` of which the person is a member.
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

    /// Every group that an exemption or `[login.group.NAME]` names, once: those of exemptions first, in the order of the file.
    public var groupNames: [String] {
        (exemptions.flatMap { $0.groups ?? [] } + factorGroups).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
    }

    /// So many groups, with names of so many bytes together, can be looked up in one login: FRAME_GROUPS_MAX, and what fits into FRAME_MAX.
    private static let groupsMax = 256, groupBytesMax = 7_000

    /// Reads a whole file.
    /// - Parameters:
    ///   - text: TOML 1.0, lines ended by LF or CRLF.
    ///   - file: the name of the file, for the error.
    /// - Throws: the first fault that was found, with its line and key.
    public static func parse(_ text: String, file: String) throws(SettingsError) -> Settings {
        do throws(Complaint) {
            return try Settings(Table(Value.document(text)))
        } catch {
            throw SettingsError(file: file, text: text, error)
        }
    }

    /// What `[server]` says.
    public struct Server: Equatable, Sendable {
        public enum Endpoint: Equatable, Sendable {
            /// `https://` or `http://` with host, port and path, scheme and host in lower case, no slash at the end.
            case web(url: String)
            /// An absolute path of at most 107 bytes.
            case unixSocket(path: String)
        }

        public enum APIKeySource: Equatable, Sendable {
            case inline(APIKey)
            /// The absolute path of a file that `APIKey.parse` reads.
            case file(String)
        }

        public let endpoint: Endpoint
        public let apiKey: APIKeySource
        /// The absolute path of a PEM file, or nil for the system's certificates.
        public let caFile: String?
        /// `http://` or `https://` with host and port, or nil for none.
        public let proxy: String?
        /// Seconds.
        public let connectTimeout: Int
        /// Seconds, beyond the time that a long poll asks for.
        public let requestTimeout: Int

        /// Whether the key and the answers travel over the network unencrypted.
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

    /// The one key of a table that has no others.
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

/// What `[login]` and the tables in it say.
private struct LoginTable: Equatable, Sendable {
    var login = LoginRules()
    /// The rules of `[login]` with those of `[login.service.NAME]` laid over them, by NAME.
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

    /// Of two keys, the one that this table has is to blame.
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
    /// What can be tried first: a recovery code is for those who have nothing else.
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

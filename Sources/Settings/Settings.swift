public import LoginFlow

/// What `countersign.toml` says. A value of this type has every key known and every value checked.
public struct Settings: Equatable, Sendable {
    /// The directory of the accounts: an absolute path without `..`.
    public let state: String
    /// Nil without `[server]`: SoftTokens of this host only.
    public let server: Server?
    public let enrolment: EnrolmentRules
    public let outage: OutageMode
    public let lockout: LockoutRules
    /// In the order of the file.
    public let exemptions: [Exemption]
    private let login: LoginRules
    /// The rules of `[login]` with those of `[login.service.NAME]` laid over them, by NAME.
    private let services: [String: LoginRules]

    /// The rules of `[login]`, with those of `[login.service.NAME]` laid over them where the file has them.
    public func login(for service: String) -> LoginRules { services[service] ?? login }

    /// The NAMEs of all `[login.service.NAME]`, in alphabetical order.
    public var serviceNames: [String] { services.keys.sorted() }

    /// Every group that an exemption names: once, in the order of the file.
    public var groupNames: [String] {
        exemptions.flatMap { $0.groups ?? [] }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

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
        (login, services) = try LoginRules.read(top.table("login"))
        enrolment = try EnrolmentRules(top.table("enrolment"))
        outage = try OutageMode(top.table("outage"))
        lockout = try LockoutRules(top.table("lockout"))
        exemptions = try Exemption.read(top.take("exempt", .tables("[[exempt]]")) ?? [])
        try top.close()
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

extension LoginRules {
    fileprivate static func read(_ given: Table) throws(Complaint) -> (LoginRules, [String: LoginRules]) {
        var table = given
        var login = LoginRules()
        try login.lay(&table)
        _ = try table.take("factor_of", Kind<Never>.misplaced("factor_of belongs to one service; move it to [login.service.NAME]"))
        var services = try table.table("service")
        try table.close()
        try login.check(table)

        var rules: [String: LoginRules] = [:]
        for name in services.names {
            var service = try services.table(name)
            do throws(Fault) { _ = try serviceName(name) } catch { throw service.complaint(error.message) }
            var overlaid = login
            try overlaid.lay(&service)
            try service.take("factor_of", .word, into: &overlaid.factorOf)
            try service.close()
            try overlaid.check(service)
            rules[name] = overlaid
        }
        return (login, rules)
    }

    private mutating func lay(_ table: inout Table) throws(Complaint) {
        try table.take("factors", .words(Factor.self), into: &factors)
        try table.take("onetouch_wait", .whole(0...600), into: &onetouchWait)
        try table.take("deadline", .whole(10...600), into: &deadline)
        try table.take("tries", .whole(1...10), into: &tries)
        try table.take("prompt", .word, into: &prompt)
        try table.take("number_matching", .truth, into: &numberMatching)
    }

    /// Of the two keys, the one that this table has is to blame.
    private func check(_ table: Table) throws(Complaint) {
        guard onetouchWait >= deadline else { return }
        let message = "onetouch_wait is \(onetouchWait) and deadline is \(deadline); onetouch_wait must be less than deadline"
        throw table.complaint(message, at: table.has("onetouch_wait") ? "onetouch_wait" : "deadline")
    }
}

extension EnrolmentRules {
    fileprivate init(_ given: Table) throws(Complaint) {
        self.init()
        var table = given
        try table.take("mode", .word, into: &mode)
        try table.take("grace_logins", .whole(0...1000), into: &graceLogins)
        graceUntil = try table.take("grace_until", .day)
        try table.take("grace_services", .list(of: .service, canBeEmpty: true), into: &graceServices)
        try table.take("grace_window", .whole(0...86400), into: &graceWindow)
        try table.close()
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
        let isForEveryone = users == nil && groups == nil && services == nil && networks.map(Network.coverTheInternet) != false
        guard !isForEveryone || everyone == true else {
            throw table.complaint("this exempts everyone; name users, groups, services or networks, or write everyone = true")
        }
    }
}

public import SettingsFile

extension ServiceSettings {
    /// Parses the text of a settings file.
    ///
    /// - Parameters:
    ///   - text: TOML 1.0 with LF or CRLF line ends.
    ///   - file: the path for error messages; nothing is read from it.
    /// - Returns: the settings, with defaults for missing keys.
    /// - Throws: `SettingsError` at the first fault, with its line and key.
    public static func parse(_ text: String, file: String) throws(SettingsError) -> ServiceSettings {
        do throws(DocumentError) {
            return try ServiceSettings(Table(Value.document(text)))
        } catch {
            throw SettingsError(file: file, text: text, error)
        }
    }

    private init(_ document: Table) throws(DocumentError) {
        self.init()
        var top = document
        try top.read("state", as: .path(such: state), into: &state)
        masterKey = try top.read("master_key", as: .masterKey) ?? .file(state + "/master.key")
        try top.read("retention_days", as: .whole(1...3650), into: &retentionDays)
        authorities = try top.read("ca_file", as: .path(such: "/etc/countersign/ca.pem"))
        server = try Server(top.table("server"))
        codes = try Codes(top.table("codes"))
        limits = try Limits(top.table("limits"))
        phone = try Phone(top.table("phone"))
        push = try Push(top.table("push"))
        gateways = try Gateway.read(top.read("gateway", as: .tables("[[gateway]]")) ?? [])
        try top.close()
    }
}

extension ServiceSettings.Codes {
    fileprivate init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("onecode_lifetime", as: .whole(60...3600), into: &oneCodeLifetime)
        try table.read("drift_steps", as: .whole(0...10), into: &driftSteps)
        try table.read("sms_text", as: .template(.code, upTo: 480), into: &smsText)
        try table.read("call_text", as: .template(.code, upTo: 480), into: &callText)
        try table.read("email_subject", as: .template(.subject, upTo: 120), into: &emailSubject)
        try table.read("email_text", as: .template(.code, upTo: 4000), into: &emailText)
        try table.read("link_subject", as: .template(.subject, upTo: 120), into: &linkSubject)
        try table.read("link_text", as: .template(.link, upTo: 4000), into: &linkText)
        try table.close()
    }
}

extension ServiceSettings.Limits {
    fileprivate init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("wrong_codes", as: .whole(1...1000), into: &wrongCodes)
        try table.read("wrong_codes_of_day", as: .whole(1...10_000), into: &wrongCodesOfDay)
        try table.read("wrong_codes_of_application", as: .whole(1...1_000_000), into: &wrongCodesOfApplication)
        try table.read("sends", as: .whole(1...1000), into: &sends)
        try table.read("requests", as: .whole(1...1000), into: &requests)
        try table.read("pending_requests", as: .whole(1...100), into: &pendingRequests)
        try table.read("calls_per_second", as: .whole(0...1_000_000), into: &callsPerSecond)
        try table.read("connections", as: .whole(10...1_000_000), into: &connections)
        try table.read("connections_of_address", as: .whole(1...1_000_000), into: &connectionsOfAddress)
        try table.read("idle_timeout", as: .whole(1...3600), into: &idleTimeout)
        try table.close()
    }
}

extension ServiceSettings.Phone {
    fileprivate init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("link_lifetime", as: .whole(300...604_800), into: &linkLifetime)
        try table.close()
    }
}

extension ServiceSettings.Push {
    fileprivate init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("subject", as: .pushSubject, into: &subject)
        try table.read("hosts", as: .list(of: .pushHost, canBeEmpty: true), into: &hosts)
        try table.close()
    }
}

extension Kind<Int64> {
    fileprivate static func whole(_ range: ClosedRange<Int>) -> Kind {
        Kind { value, path throws(DocumentError) in Int64(try Kind<Int>.whole(range).read(value, path)) }
    }
}

extension Kind<ServiceSettings.MasterKey> {
    /// An absolute path, or `credential:` and a name that systemd allows.
    fileprivate static var masterKey: Kind {
        .text("a path in quotes") { text throws(ValueError) in
            guard text.hasPrefix("credential:") else {
                return .file(try absolutePath(text, such: "/var/lib/countersignd/master.key"))
            }
            let name = String(text.dropFirst("credential:".count))
            guard name.isPlainName else {
                throw ValueError("the name of a credential has 1 to 64 letters, digits and - . _ in it")
            }
            return .credential(name)
        }
    }
}

extension String {
    /// Whether this is 1 to 64 ASCII letters, digits and `-` `.` `_`, the first a letter or digit.
    ///
    /// Such a name is safe in a path, in a log and in a metric.
    var isPlainName: Bool {
        guard (1...64).contains(utf8.count), let first = utf8.first else { return false }
        return first.isLetterOrDigit && utf8.allSatisfy { $0.isLetterOrDigit || "-._".utf8.contains($0) }
    }
}

extension UInt8 {
    /// Whether the byte is an ASCII letter.
    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetterOrDigit: Bool { isLetter || isDigit }
}

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
        if let checkNumber = own?.checkNumber {
            rules.checkNumber = checkNumber
        } else if !numbers.isEmpty {
            rules.checkNumber = numbers.contains(true)
        }
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
        do throws(DocumentError) {
            return try Settings(Table(Value.document(text)))
        } catch {
            throw SettingsError(file: file, text: text, error)
        }
    }

}

// MARK: the known keys

extension Settings {
    fileprivate init(_ document: Table) throws(DocumentError) {
        var top = document
        state = try top.read("state", as: .path(such: "/var/lib/countersign")) ?? "/var/lib/countersign"
        server = try top.tableIfAny("server").map { table throws(DocumentError) in try Server(table) }
        loginTable = try LoginTable(top.table("login"))
        enrolment = try EnrolmentRules(top.table("enrolment"), hasServer: server != nil)
        outage = try OutageMode(top.table("outage"))
        lockout = try LockoutRules(top.table("lockout"))
        remember = try Settings.single("seconds", kind: .whole(0...604_800), of: top.table("remember")) ?? 0
        pauseMaxHours = try Settings.single("max_hours", kind: .whole(1...8760), of: top.table("pause")) ?? 72
        exemptions = try Exemption.read(top.read("exempt", as: .tables("[[exempt]]")) ?? [])
        try top.close()
        try checkGroups(top)
    }

    private func checkGroups(_ document: Table) throws(DocumentError) {
        let names = groupNames
        let bytes = names.reduce(0) { $0 + $1.utf8.count }
        let found = "[[exempt]] and [login.group.NAME] name \(names.count) groups, with \(bytes) bytes in their names"
        guard names.count <= Self.groupsMax, bytes <= Self.groupBytesMax else {
            throw document.error(
                "\(found); at most \(Self.groupsMax) with \(Self.groupBytesMax) bytes can be looked up in a login")
        }
    }

    /// Reads a table that has one key.
    private static func single<T>(_ key: String, kind: Kind<T>, of given: Table) throws(DocumentError) -> T? {
        var table = given
        let value = try table.read(key, as: kind)
        try table.close()
        return value
    }
}

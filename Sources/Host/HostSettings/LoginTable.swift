internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

/// `[login]` and the tables in it.
struct LoginTable: Equatable, Sendable {
    var login = LoginRules()
    /// The rules of `[login]` overlaid with those of `[login.service.NAME]`, by NAME.
    var services: [String: LoginRules] = [:]
    var groups: [String: FactorRules] = [:]
    var users: [String: FactorRules] = [:]

    init(_ given: Table) throws(DocumentError) {
        var table = given
        try login.lay(&table)
        _ = try table.read(
            "factor_of", as: Kind<Never>.misplaced("factor_of belongs to one service; move it to [login.service.NAME]"))
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
struct FactorRules: Equatable, Sendable {
    var factors: [Factor]?
    var prefer: Factor?
    var checkNumber: Bool?

    static func read(_ given: Table, withPreference: Bool) throws(DocumentError) -> [String: FactorRules] {
        var tables = given
        var all: [String: FactorRules] = [:]
        for name in tables.names {
            var table = try tables.table(name)
            var rules = FactorRules()
            rules.factors = try table.read("factors", as: .words(Factor.self))
            if withPreference { rules.prefer = try table.read("prefer", as: .preference) }
            rules.checkNumber = try table.read("check_number", as: .truth)
            try table.close()
            guard withPreference || rules.factors != nil || rules.checkNumber != nil else {
                throw table.error("factors is missing; name what this group may use, or leave out the table")
            }
            if let prefer = rules.prefer, rules.factors?.contains(prefer) == false {
                throw table.error("\(prefer.rawValue.quoted) is not among factors", at: "prefer")
            }
            all[name] = rules
        }
        return all
    }
}

extension LoginRules {
    fileprivate func overlaid(by given: Table, named name: String) throws(DocumentError) -> LoginRules {
        var service = given
        do throws(ValueError) { _ = try serviceName(name) } catch { throw service.error(error.message) }
        var overlaid = self
        try overlaid.lay(&service)
        try service.read("factor_of", as: .word, into: &overlaid.factorOf)
        try service.close()
        try overlaid.check(service)
        return overlaid
    }

    fileprivate mutating func lay(_ table: inout Table) throws(DocumentError) {
        try table.read("factors", as: .words(Factor.self), into: &factors)
        if let prefer = try table.read("prefer", as: .preference) { self.prefer = prefer }
        try table.read("onetouch_wait", as: .whole(0...600), into: &onetouchWait)
        try table.read("deadline", as: .whole(10...600), into: &deadline)
        try table.read("tries", as: .whole(1...10), into: &tries)
        try table.read("prompt", as: .word, into: &prompt)
        try table.read("number_matching", as: .truth, into: &numberMatching)
        try table.read("check_number", as: .truth, into: &checkNumber)
    }

    /// Checks keys against each other; the error names the key that this table has.
    fileprivate func check(_ table: Table) throws(DocumentError) {
        if let prefer, !factors.contains(prefer) {
            throw table.error(
                "\(prefer.rawValue.quoted) is preferred, but not among factors",
                at: table.has("prefer") ? "prefer" : "factors")
        }
        if numberMatching, !checkNumber, table.has("number_matching"), table.has("check_number") {
            throw table.error(
                "number_matching is true, and without a number there is nothing to match; keep one", at: "check_number")
        }
        guard onetouchWait >= deadline else { return }
        let message =
            "onetouch_wait is \(onetouchWait) and deadline is \(deadline); onetouch_wait must be less than deadline"
        throw table.error(message, at: table.has("onetouch_wait") ? "onetouch_wait" : "deadline")
    }
}

extension Kind<Factor> {
    /// A factor that can be tried first: any but a recovery code, which is for users who have nothing else.
    fileprivate static var preference: Kind {
        Kind { value, path throws(DocumentError) in
            let factor = try Kind<Factor>.word.read(value, path)
            guard factor != .recovery else {
                throw DocumentError(.path(path), "a recovery code cannot be preferred; name another factor")
            }
            return factor
        }
    }
}

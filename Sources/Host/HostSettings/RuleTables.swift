internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

// [enrolment], [outage], [lockout] and [[exempt]].

extension EnrolmentRules {
    init(_ given: Table, hasServer: Bool) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("mode", as: .word, into: &mode)
        try table.read("grace_logins", as: .whole(0...1000), into: &graceLogins)
        graceUntil = try table.read("grace_until", as: .day)
        try table.read("grace_services", as: .list(of: .service, canBeEmpty: true), into: &graceServices)
        try table.read("grace_window", as: .whole(0...86400), into: &graceWindow)
        try table.read("at_login", as: .truth, into: &atLogin)
        atLoginNetworks = try table.read("at_login_networks", as: .list(of: .network))
        atLoginText = try table.read("at_login_text", as: .saying)
        countryCode = try table.read("country_code", as: .countryCode)
        emailDomain = try table.read("email_domain", as: .domain)
        try table.read("opt_out", as: .word, into: &optOut)
        optOutText = try table.read("opt_out_text", as: .saying)
        try table.close()
        guard atLogin else { return }
        if !hasServer {
            throw table.error(
                "enrolment in the login needs [server]; write one, or at_login = false", at: "at_login")
        }
        if emailDomain == nil {
            throw table.error(
                "enrolment in the login needs email_domain, for the users' addresses at the server", at: "at_login")
        }
    }
}

extension OutageMode {
    init(_ given: Table) throws(DocumentError) {
        var table = given
        self = try table.read("mode", as: .word) ?? .deny
        try table.close()
    }
}

extension LockoutRules {
    init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("failures", as: .whole(1...100), into: &failures)
        try table.read("seconds", as: .whole(1...86400), into: &seconds)
        try table.read("failures_of_day", as: .whole(1...10_000), into: &failuresOfDay)
        try table.close()
    }
}

extension Exemption {
    static func read(_ tables: [Table]) throws(DocumentError) -> [Exemption] {
        var exemptions: [Exemption] = []
        for table in tables { exemptions.append(try Exemption(table)) }
        return exemptions
    }

    private init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        users = try table.read("users", as: .list(of: .name))
        groups = try table.read("groups", as: .list(of: .name))
        services = try table.read("services", as: .list(of: .service))
        networks = try table.read("networks", as: .list(of: .network))
        let everyone = try table.read("everyone", as: .truth)
        try table.close()
        let isForEveryone =
            users == nil && groups == nil && services == nil && networks.map(Network.coverTheInternet) != false
        guard !isForEveryone || everyone == true else {
            throw table.error(
                "this exempts everyone; name users, groups, services or networks, or write everyone = true")
        }
    }
}

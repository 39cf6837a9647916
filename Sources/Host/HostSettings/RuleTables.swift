internal import Identifiers
internal import LoginPolicy
internal import SettingsFile

// [enrolment], [outage], [lockout] and [[exempt]].

extension EnrolmentRules {
    init(_ given: Table, hasServer: Bool) throws(Complaint) {
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
    init(_ given: Table) throws(Complaint) {
        var table = given
        self = try table.take("mode", .word) ?? .deny
        try table.close()
    }
}

extension LockoutRules {
    init(_ given: Table) throws(Complaint) {
        self.init()
        var table = given
        try table.take("failures", .whole(1...100), into: &failures)
        try table.take("seconds", .whole(1...86400), into: &seconds)
        try table.take("failures_of_day", .whole(1...10_000), into: &failuresOfDay)
        try table.close()
    }
}

extension Exemption {
    static func read(_ tables: [Table]) throws(Complaint) -> [Exemption] {
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

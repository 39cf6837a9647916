import Identifiers
import LoginPolicy
import HostSettings
import Testing

/// The file as the documentation shows it.
private let example = """
    state = "/var/lib/countersign"

    [server]                    # leave out: SoftTokens kept on this host only
    url = "https://2fa.example.com"       # or unix:/run/countersignd/api.sock
    api_key_file = "/etc/countersign/api-key"   # or api_key = "..."
    # ca_file = "/path.pem", proxy = "http://...", connect_timeout = 5, request_timeout = 10

    [login]
    factors = ["onetouch", "softtoken", "sms", "call", "recovery"]
    onetouch_wait = 15          # seconds until the code prompt
    deadline = 90               # seconds for all of it
    tries = 3
    prompt = "wait"             # or "now"
    number_matching = false     # true implies prompt = "now" wherever text is not shown live
    # [login.service.sshd]  prompt = "now"      any key of [login], and factor_of, for one service

    [enrolment]
    mode = "grace"              # or "optional", "required"
    grace_logins = 5
    # grace_until = 2027-03-31
    grace_services = ["sshd", "login", "su"]
    grace_window = 600

    [outage]
    mode = "deny"               # or "allow"

    [lockout]
    failures = 5
    seconds = 300

    # [[exempt]]                # any number; all keys given in one table must match
    # users = ["backup"]
    # groups = ["robots"]
    # services = ["sshd"]
    # networks = ["10.0.0.0/8", "2001:db8::/32"]

    """

/// The same with every commented-out line active.
let wholeExample = """
    state = "/srv/countersign"

    [server]                    # leave out: SoftTokens kept on this host only
    url = "unix:/run/countersignd/api.sock"
    api_key = "0123456789abcdef"
    ca_file = "/path.pem"
    proxy = "http://proxy.example.com:3128"
    connect_timeout = 6
    request_timeout = 11

    [login]
    factors = ["softtoken", "onetouch"]
    onetouch_wait = 16          # seconds until the code prompt
    deadline = 91               # seconds for all of it
    tries = 4
    prompt = "wait"
    number_matching = true
    [login.service.sshd]
    prompt = "now"
    [login.service.su]
    factor_of = "caller"
    tries = 1

    [enrolment]
    mode = "required"
    grace_logins = 6
    grace_until = 2027-03-31
    grace_services = []
    grace_window = 0

    [outage]
    mode = "allow"

    [lockout]
    failures = 6
    seconds = 301

    [[exempt]]
    users = ["backup"]
    groups = ["robots", "domain users"]
    services = ["sshd"]
    networks = ["10.0.0.0/8", "2001:db8::/32"]

    [[exempt]]
    groups = ["night", "robots"]

    """

struct SettingsTests {
    @Test(arguments: [
        "", "# nothing\n", "\r\n\r\n", "\u{FEFF}", "[login]\r\n[enrolment]\r\n[outage]\n[lockout]", "exempt = []",
    ])
    func `a file that says nothing has the documented defaults, and no server`(text: String) throws {
        let settings = try Settings.parse(text, file: "t")
        #expect(settings.state == "/var/lib/countersign")
        #expect(settings.server == nil)
        #expect(settings.login(for: "sshd") == LoginRules())
        #expect(settings.enrolment == EnrolmentRules())
        #expect(settings.outage == .deny)
        #expect(settings.lockout == LockoutRules())
        #expect(settings.exemptions.isEmpty)
        #expect(settings.groupNames.isEmpty)
    }

    @Test func `the documented example says the defaults`() throws {
        let settings = try Settings.parse(example, file: "t")
        #expect(settings.state == "/var/lib/countersign")
        #expect(settings.enrolment == EnrolmentRules())
        #expect(settings.outage == .deny)
        #expect(settings.lockout == LockoutRules())
        #expect(settings.login(for: "sudo") == LoginRules())
        let server = try #require(settings.server)
        #expect(server.endpoint == .web(url: "https://2fa.example.com"))
        #expect(server.apiKey == .file("/etc/countersign/api-key"))
        #expect(!server.isPlain)
        #expect(server.caFile == nil)
        #expect(server.proxy == nil)
        #expect(server.connectTimeout == 5)
        #expect(server.requestTimeout == 10)
    }

    @Test(arguments: [
        wholeExample, wholeExample.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"),
    ])
    func `every documented key reaches the settings, with either end of line`(text: String) throws {
        let settings = try Settings.parse(text, file: "t")
        #expect(settings.state == "/srv/countersign")
        #expect(settings.outage == .allow)

        let server = try #require(settings.server)
        #expect(server.endpoint == .unixSocket(path: "/run/countersignd/api.sock"))
        #expect(server.apiKey == .inline(try APIKey.parse("0123456789abcdef".utf8, file: "k")))
        #expect(server.caFile == "/path.pem")
        #expect(server.proxy == "http://proxy.example.com:3128")
        #expect(server.connectTimeout == 6)
        #expect(server.requestTimeout == 11)

        #expect(settings.lockout.failures == 6)
        #expect(settings.lockout.seconds == 301)

        #expect(settings.enrolment.mode == .required)
        #expect(settings.enrolment.graceLogins == 6)
        #expect(settings.enrolment.graceUntil == CivilDay(year: 2027, month: 3, day: 31))
        #expect(settings.enrolment.graceServices == [])
        #expect(settings.enrolment.graceWindow == 0)
    }

    @Test func `the rules of a service are those of all services with its own laid over them`() throws {
        let settings = try Settings.parse(wholeExample, file: "t")
        var rules = LoginRules()
        rules.factors = [.softToken, .oneTouch]
        rules.onetouchWait = 16
        rules.deadline = 91
        rules.tries = 4
        rules.numberMatching = true
        #expect(settings.login(for: "login") == rules)

        var sshd = rules
        sshd.prompt = .now
        #expect(settings.login(for: "sshd") == sshd)

        var su = rules
        su.factorOf = .caller
        su.tries = 1
        #expect(settings.login(for: "su") == su)
    }

    @Test func `each key of the login rules can be laid over for one service`() throws {
        let text = """
            [login.service.x]
            factors = ["call"]
            onetouch_wait = 600
            deadline = 599

            """
        #expect(complaint(about: text)?.hasPrefix("t:3: login.service.x.onetouch_wait: ") == true)
        let good =
            text.replacing("599", with: "10").replacing("600", with: "9") + "number_matching = true\nprompt = \"now\"\n"
        let rules = try Settings.parse(good, file: "t").login(for: "x")
        #expect(rules.factors == [.call])
        #expect(rules.onetouchWait == 9)
        #expect(rules.deadline == 10)
        #expect(rules.numberMatching)
        #expect(rules.prompt == .now)
    }

    @Test(
        arguments: [
            ([], false), (["a"], true), (["b"], true), (["c"], false), (["a", "b"], true), (["a", "c"], true),
            (["c", "d"], false),
            (["e"], false),
        ] as [([String], Bool)])
    func `groups decide about the number on the phone, and one that wants it is enough`(
        groups: [String], hasNumber: Bool
    ) throws {
        let text = """
            [login.service.sudo]
            check_number = false
            [login.group.a]
            check_number = true
            [login.group.b]
            factors = ["onetouch"]
            check_number = true
            [login.group.c]
            check_number = false
            [login.group.d]
            check_number = false
            [login.group.e]
            factors = ["onetouch"]
            [login.user.bob]
            check_number = false

            """
        let settings = try Settings.parse(text, file: "t")
        #expect(settings.login(for: "sudo", user: "alice", groups: Set(groups)).checkNumber == hasNumber)
        #expect(!settings.login(for: "sudo", user: "bob", groups: Set(groups)).checkNumber)
        #expect(settings.login(for: "sshd", user: "alice", groups: []).checkNumber)
    }

    @Test func `a group that only says something about the number takes no factor away`() throws {
        let text = "[login.group.a]\ncheck_number = false\n[login.group.b]\nfactors = [\"sms\", \"call\"]\n"
        let settings = try Settings.parse(text, file: "t")
        #expect(settings.login(for: "x", user: "alice", groups: ["a"]).factors == LoginRules().factors)
        #expect(settings.login(for: "x", user: "alice", groups: ["a", "b"]).factors == [.sms, .call])
    }

    @Test func `exemptions keep their order, and what they leave out does not restrict`() throws {
        let exemptions = try Settings.parse(wholeExample, file: "t").exemptions
        let networks = try ["10.0.0.0/8", "2001:db8::/32"].map { try #require(Network($0)) }
        #expect(
            exemptions == [
                Exemption(
                    users: ["backup"], groups: ["robots", "domain users"], services: ["sshd"], networks: networks),
                Exemption(groups: ["night", "robots"]),
            ])
    }

    @Test func `the names of groups are given once each`() throws {
        #expect(try Settings.parse(wholeExample, file: "t").groupNames == ["robots", "domain users", "night"])
    }

    @Test(arguments: [
        "everyone = true", "everyone = true\nnetworks = [\"0.0.0.0/0\"]",
        "services = [\"sshd\"]\nnetworks = [\"0.0.0.0/0\"]",
        "users = [\"a\"]\neveryone = false", "networks = [\"0.0.0.0/1\"]", "networks = [\"0.0.0.0/1\", \"8000::/1\"]",
        "networks = [\"10.0.0.0/8\", \"127.0.0.0/8\", \"::1\", \"fe80::/10\"]",
        "networks = [\"2000::/4\", \"3000::/5\"]",
        "networks = [\"0.0.0.0/1\", \"128.0.0.0/2\", \"192.0.0.0/4\"]",
    ])
    func `an exemption that names something, or says that it is for everyone, is taken`(keys: String) throws {
        #expect(try Settings.parse("[[exempt]]\n\(keys)\n", file: "t").exemptions.count == 1)
    }

    @Test(arguments: publicNetworks) func `networks that leave some of the internet out are not everyone`(
        network: String
    ) throws {
        let others = publicNetworks.filter { $0 != network }.joined(separator: ", ")
        #expect(try Settings.parse("[[exempt]]\nnetworks = [\(others)]", file: "t").exemptions.count == 1)
    }

    @Test func `inline tables and dotted keys say the same as headers`() throws {
        let inline =
            "server = { url = \"https://a\", api_key_file = \"/k\" }\n"
            + "login.service.su = { tries = 1 }\nexempt = [{ users = [\"a\"] }]"
        let headers =
            "[server]\nurl = \"https://a\"\napi_key_file = \"/k\"\n"
            + "[login.service.su]\ntries = 1\n[[exempt]]\nusers = [\"a\"]"
        #expect(try Settings.parse(inline, file: "t") == Settings.parse(headers, file: "t"))
    }
}

/// A key that takes a whole number.
struct Limits: Sendable, CustomTestStringConvertible {
    let header: String
    let key: String
    let range: ClosedRange<Int>
    /// Other keys that the table needs.
    var beside = ""

    var testDescription: String { "\(header) \(key)" }

    func text(_ value: Int) -> String { "[\(header)]\n\(key) = \(value)\n\(beside)" }
}

struct LimitsTests {
    private static let server = "url = \"https://a\"\napi_key = \"12345678\"\n"

    private static let all = [
        Limits(header: "server", key: "connect_timeout", range: 1...60, beside: server),
        Limits(header: "server", key: "request_timeout", range: 1...120, beside: server),
        Limits(header: "login", key: "onetouch_wait", range: 0...599, beside: "deadline = 600"),
        Limits(header: "login", key: "deadline", range: 10...600, beside: "onetouch_wait = 0"),
        Limits(header: "login", key: "tries", range: 1...10),
        Limits(header: "login.service.sudo", key: "tries", range: 1...10),
        Limits(header: "enrolment", key: "grace_logins", range: 0...1000),
        Limits(header: "enrolment", key: "grace_window", range: 0...86400),
        Limits(header: "lockout", key: "failures", range: 1...100),
        Limits(header: "lockout", key: "seconds", range: 1...86400),
    ]

    @Test(arguments: all) func `both ends of a range are taken`(limits: Limits) {
        #expect(complaint(about: limits.text(limits.range.lowerBound)) == nil)
        #expect(complaint(about: limits.text(limits.range.upperBound)) == nil)
    }

    @Test(arguments: all) func `what is beyond a range is refused with the line of its key`(limits: Limits) {
        for value in [limits.range.lowerBound - 1, limits.range.upperBound + 1, .min, .max] {
            #expect(complaint(about: limits.text(value))?.hasPrefix("t:2: \(limits.header).\(limits.key): ") == true)
        }
    }

    @Test func `what is said of a user overrules what is said of groups, which overrules the service`() throws {
        let settings = try Settings.parse(
            """
            [login]
            factors = ["onetouch", "sms"]
            [login.service.sudo]
            factors = ["softtoken", "onetouch", "call"]
            [login.group.staff]
            factors = ["onetouch", "sms", "call"]
            [login.group.night]
            factors = ["call", "sms"]
            [login.user.bob]
            factors = ["softtoken"]
            [login.user.carol]
            prefer = "sms"
            """, file: "t")
        func factors(_ user: String, _ groups: Set<String>) -> [Factor] {
            settings.login(for: "sudo", user: user, groups: groups).factors
        }
        #expect(factors("alice", []) == [.softToken, .oneTouch, .call])
        #expect(factors("alice", ["staff"]) == [.oneTouch, .sms, .call])
        #expect(factors("alice", ["staff", "night"]) == [.sms, .call])
        #expect(factors("bob", ["staff"]) == [.softToken])
        #expect(factors("carol", ["night"]) == [.sms, .call])
        #expect(settings.login(for: "sudo", user: "carol", groups: []).prefer == nil)
        #expect(settings.login(for: "sshd", user: "carol", groups: []).prefer == .sms)
        #expect(settings.groupNames == ["night", "staff"])
    }

    @Test func `enrolment by the users themselves is read, and off by default`() throws {
        let settings = try Settings.parse(
            """
            [server]
            url = "https://a.example"
            api_key = "0123456789abcdef"
            [enrolment]
            at_login = true
            at_login_networks = ["192.0.2.0/24"]
            at_login_text = "Enrol."
            country_code = "+49"
            email_domain = "example.com"
            opt_out = "grace"
            opt_out_text = "Do not."
            [remember]
            seconds = 60
            [pause]
            max_hours = 8
            """, file: "t")
        var rules = EnrolmentRules()
        #expect(!rules.atLogin && rules.optOut == .no)
        (rules.atLogin, rules.atLoginNetworks, rules.atLoginText) = (true, [Network("192.0.2.0/24")!], "Enrol.")
        (rules.countryCode, rules.emailDomain, rules.optOut, rules.optOutText) = (
            "49", "example.com", .grace, "Do not."
        )
        #expect(settings.enrolment == rules)
        #expect(settings.remember == 60 && settings.pauseMaxHours == 8)
        let none = try Settings.parse("", file: "t")
        #expect(none.remember == 0 && none.pauseMaxHours == 72)
    }
}

import ServerSettings
import SettingsFile
import Testing

/// Every key, with another value than the default.
let wholeExample = """
    state = "/srv/2fa"
    master_key = "credential:master-key"
    retention_days = 30
    ca_file = "/srv/ca.pem"

    [server]
    listen = ["0.0.0.0:443", "[::]:443", "unix:/run/2fa.sock"]
    public_url = "https://2FA.example.com:8443"
    certificate = "/srv/server.pem"
    private_key = "/srv/server.key"
    behind_proxy = true
    trusted_proxies = ["10.0.0.1", "2001:db8::/32"]
    metrics = "127.0.0.1:9555"

    [codes]
    onecode_lifetime = 60
    drift_steps = 0
    sms_text = "{code}"
    call_text = '''Code:
    {code}'''
    email_subject = "Hello"
    email_text = "{application}: {code} {x y} {}"
    link_subject = "{application}"
    link_text = "{link}"

    [limits]
    wrong_codes = 1
    wrong_codes_of_day = 2
    wrong_codes_of_application = 3
    sends = 4
    requests = 6
    pending_requests = 7
    calls_per_second = 8
    connections = 90
    connections_of_address = 91
    idle_timeout = 92

    [phone]
    link_lifetime = 300

    [push]
    subject = "https://example.com/contact"
    hosts = ["Push.Example.com:8443", "*.push.example.org"]

    [[gateway]]
    type = "log"
    name = "trial"
    for = ["email", "sms"]
    timeout = 60
    retries = 0

    """

struct ServerSettingsTests {
    @Test(arguments: [
        "", "# nothing\n", "\u{FEFF}", "[server]\r\n[codes]\r\n[limits]\n[phone]\n[push]", "gateway = []",
    ])
    func `a file that says nothing has the documented defaults`(text: String) throws {
        #expect(try ServiceSettings.parse(text, file: "t") == ServiceSettings())
    }

    @Test(arguments: [wholeExample, wholeExample.replacing("\n", with: "\r\n")])
    func `every key of the top reaches the settings, with either end of line`(text: String) throws {
        let settings = try ServiceSettings.parse(text, file: "t")
        #expect(settings.state == "/srv/2fa")
        #expect(settings.masterKey == .credential("master-key"))
        #expect(settings.retentionDays == 30)
        #expect(settings.authorities == "/srv/ca.pem")
        #expect(settings.phone.linkLifetime == 300)
        #expect(settings.push.subject == "https://example.com/contact")
        #expect(settings.push.hosts == ["push.example.com:8443", "*.push.example.org"])
    }

    @Test(arguments: [wholeExample, wholeExample.replacing("\n", with: "\r\n")])
    func `every key of the server, the codes and the limits reaches the settings`(text: String) throws {
        let settings = try ServiceSettings.parse(text, file: "t")
        var server = ServiceSettings.Server()
        server.listen = [
            .address(host: "0.0.0.0", port: 443), .address(host: "::", port: 443), .unixSocket("/run/2fa.sock"),
        ]
        server.publicURL = "https://2fa.example.com:8443"
        server.certificate = ServiceSettings.Certificate(chain: "/srv/server.pem", privateKey: "/srv/server.key")
        server.behindProxy = true
        server.trustedProxies = ["10.0.0.1", "2001:db8::/32"]
        server.metrics = .address(host: "127.0.0.1", port: 9555)
        #expect(settings.server == server)

        var codes = ServiceSettings.Codes()
        codes.oneCodeLifetime = 60
        codes.driftSteps = 0
        (codes.smsText, codes.callText) = ("{code}", "Code:\n{code}")
        (codes.emailSubject, codes.emailText) = ("Hello", "{application}: {code} {x y} {}")
        (codes.linkSubject, codes.linkText) = ("{application}", "{link}")
        #expect(settings.codes == codes)

        var limits = ServiceSettings.Limits()
        (limits.wrongCodes, limits.wrongCodesOfDay, limits.wrongCodesOfApplication) = (1, 2, 3)
        (limits.sends, limits.requests, limits.pendingRequests, limits.callsPerSecond, limits.connections) = (
            4, 6, 7, 8, 90
        )
        (limits.connectionsOfAddress, limits.idleTimeout) = (91, 92)
        #expect(settings.limits == limits)
    }

    @Test func `without a word about it the master key is in the state folder`() throws {
        #expect(
            try ServiceSettings.parse("state = \"/srv/2fa\"", file: "t").masterKey == .file("/srv/2fa/master.key"))
        #expect(try ServiceSettings.parse("master_key = \"/k\"", file: "t").masterKey == .file("/k"))
    }

    @Test(arguments: [
        ("https://2fa.example.com", "https://2fa.example.com"), ("HTTPS://A.example:443", "https://a.example"),
        ("https://a:4430", "https://a:4430"), ("https://[2001:DB8::1]:443", "https://[2001:db8::1]"),
        ("https://443", nil),
        ("http://localhost:8555", "http://localhost:8555"), ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:443", "http://[::1]:443"), ("https://localhost:80", "https://localhost:80"),
    ])
    func `the public URL is the origin that a browser makes of it`(url: String, origin: String?) throws {
        let settings = try? ServiceSettings.parse("[server]\npublic_url = \"\(url)\"", file: "t")
        #expect(settings?.server.publicURL == origin)
    }

    @Test(arguments: [
        ("127.0.0.1:8555", "127.0.0.1", 8555), ("127.8.9.1:0", "127.8.9.1", 0), ("[::1]:65535", "::1", 65535),
        ("[0:0:0:0:0:0:0:1]:1", "::1", 1), ("[::ffff:127.0.0.1]:1", "127.0.0.1", 1),
    ])
    func `loopback is listened on without TLS`(text: String, host: String, port: Int) throws {
        let settings = try ServiceSettings.parse("[server]\nlisten = [\"\(text)\"]", file: "t")
        #expect(settings.server.listen == [.address(host: host, port: port)])
    }

    @Test(arguments: [
        "certificate = \"/c\"\nprivate_key = \"/k\"", "behind_proxy = true\npublic_url = \"https://a\"",
    ])
    func `other addresses are listened on with TLS, or behind a proxy that has it`(keys: String) {
        #expect(complaint(about: "[server]\nlisten = [\"0.0.0.0:80\", \"[::]:80\"]\n\(keys)") == nil)
        #expect(complaint(about: "[server]\nlisten = [\"192.0.2.1:80\"]\n\(keys)") == nil)
    }

    @Test func `two listeners on any free port are two`() {
        #expect(complaint(about: "[server]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]") == nil)
    }

    @Test func `no hosts for notifications is a choice`() throws {
        #expect(try ServiceSettings.parse("[push]\nhosts = []", file: "t").push.hosts == [])
    }
}

/// A key that takes a whole number.
struct Range: Sendable, CustomTestStringConvertible {
    let header: String
    let key: String
    let range: ClosedRange<Int>
    /// Other keys that the table needs.
    var beside = ""

    var testDescription: String { "\(header) \(key)" }

    func text(_ value: Int) -> String { "\(header)\n\(key) = \(value)\n\(beside)" }
}

struct RangeTests {
    private static let all = [
        Range(header: "", key: "retention_days", range: 1...3650),
        Range(header: "[codes]", key: "onecode_lifetime", range: 60...3600),
        Range(header: "[codes]", key: "drift_steps", range: 0...10),
        Range(header: "[limits]", key: "wrong_codes", range: 1...1000),
        Range(header: "[limits]", key: "wrong_codes_of_day", range: 1...10_000),
        Range(header: "[limits]", key: "wrong_codes_of_application", range: 1...1_000_000),
        Range(header: "[limits]", key: "sends", range: 1...1000),
        Range(header: "[limits]", key: "requests", range: 1...1000),
        Range(header: "[limits]", key: "pending_requests", range: 1...100),
        Range(header: "[limits]", key: "calls_per_second", range: 0...1_000_000),
        Range(header: "[limits]", key: "connections", range: 10...1_000_000),
        Range(header: "[limits]", key: "connections_of_address", range: 1...1_000_000),
        Range(header: "[limits]", key: "idle_timeout", range: 1...3600),
        Range(header: "[phone]", key: "link_lifetime", range: 300...604_800),
        Range(header: "[[gateway]]", key: "timeout", range: 1...60, beside: "type = \"log\""),
        Range(header: "[[gateway]]", key: "retries", range: 0...5, beside: "type = \"log\""),
    ]

    @Test(arguments: all) func `both ends of a range are taken`(range: Range) {
        #expect(complaint(about: range.text(range.range.lowerBound)) == nil)
        #expect(complaint(about: range.text(range.range.upperBound)) == nil)
    }

    @Test(arguments: all) func `what is beyond a range is refused with the line of its key`(range: Range) {
        for value in [range.range.lowerBound - 1, range.range.upperBound + 1, .min, .max] {
            let error = complaint(about: range.text(value))
            #expect(error?.hasPrefix("t:2: ") == true)
            #expect(error?.contains("\(range.key): expected a whole number from ") == true)
        }
    }
}

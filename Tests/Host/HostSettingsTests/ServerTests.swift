import HostSettings
import SettingsFile
import Testing

struct ServerTests {
    private func endpoint(_ url: String) throws -> Settings.Server? {
        try Settings.parse(server + "url = \"\(url)\"", file: "t").server
    }

    @Test(arguments: [
        ("https://2fa.example.com", "https://2fa.example.com"),
        ("HTTPS://2FA.Example.COM/", "https://2fa.example.com"),
        ("https://a:443/v1/Path_~.x//", "https://a:443/v1/Path_~.x"),
        ("https://192.0.2.1:65535", "https://192.0.2.1:65535"),
        ("https://[2001:DB8::1]:1/", "https://[2001:db8::1]:1"),
        ("https://[::ffff:192.0.2.1]", "https://[::ffff:192.0.2.1]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost:8080", "http://localhost:8080"),
    ])
    func `a URL is taken in one form`(url: String, normal: String) throws {
        let server = try #require(try endpoint(url))
        #expect(server.endpoint == .web(url: normal))
        #expect(server.isPlain == normal.hasPrefix("http:"))
    }

    @Test func `a socket is taken by its path, up to what an address has room for`() throws {
        let path = "/" + String(repeating: "a", count: 106)
        let server = try #require(try endpoint("unix:\(path)"))
        #expect(server.endpoint == .unixSocket(path: path))
        #expect(!server.isPlain)
    }

    @Test func `a proxy is taken in one form`() throws {
        let text = server + "url = \"https://a\"\nproxy = \"HTTP://Proxy:3128/\""
        #expect(try Settings.parse(text, file: "t").server?.proxy == "http://proxy:3128")
    }
}

struct APIKeyTests {
    private func key(_ text: String) throws -> [UInt8] { try APIKey.parse(text.utf8, file: "/k").bytes }

    @Test(arguments: ["12345678", "!~abcdef", String(repeating: "x", count: 128)])
    func `a key of printable ASCII is taken`(text: String)
        throws
    {
        #expect(try key(text) == Array(text.utf8))
    }

    @Test(arguments: ["\n", "\r\n", "\n\n"]) func `newlines at the end of the file do not count`(end: String) throws {
        #expect(try key("12345678" + end) == Array("12345678".utf8))
    }

    @Test(arguments: [
        ("", "/k: an API key has 8 to 128 characters, this one has 0"),
        ("\n", "/k: an API key has 8 to 128 characters, this one has 0"),
        ("1234567\n", "/k: an API key has 8 to 128 characters, this one has 7"),
        (String(repeating: "x", count: 129), "/k: an API key has 8 to 128 characters, this one has 129"),
        ("s3cr3t s3cr3t", "/k: an API key is printable ASCII without blanks; this one has something else in it"),
        ("s3cr3t\ns3cr3t", "/k: an API key is printable ASCII without blanks; this one has something else in it"),
        ("\ns3cr3ts3cr3t", "/k: an API key is printable ASCII without blanks; this one has something else in it"),
        ("s3cr3ts3cr3t\u{00}", "/k: an API key is printable ASCII without blanks; this one has something else in it"),
        ("s3cr3ts3cr3t\u{7F}", "/k: an API key is printable ASCII without blanks; this one has something else in it"),
        ("s3cr3tsécr3t", "/k: an API key is printable ASCII without blanks; this one has something else in it"),
    ])
    func `any other key is refused without being shown`(text: String, error: String) {
        let thrown = #expect(throws: SettingsError.self) { try key(text) }
        #expect(thrown?.description == error)
    }

    @Test func `keys are equal when all of their bytes are`() throws {
        let one = try APIKey.parse("12345678".utf8, file: "k")
        #expect(try one == APIKey.parse("12345678\n".utf8, file: "k"))
        #expect(try one != APIKey.parse("12345679".utf8, file: "k"))
        #expect(try one != APIKey.parse("123456789".utf8, file: "k"))
    }

    @Test func `no way of printing the settings shows the key`() throws {
        let settings = try Settings.parse("[server]\nurl = \"https://a\"\napi_key = \"s3cr3ts3cr3t\"", file: "t")
        let key = try APIKey.parse("s3cr3ts3cr3t".utf8, file: "k")
        var dumped = ""
        dump(settings, to: &dumped)
        dump(key, to: &dumped)
        let printed = [
            dumped, "\(settings)", String(reflecting: settings), "\(key)", String(reflecting: key),
            "\(Mirror(reflecting: key).children)",
        ]
        #expect(dumped.contains("APIKey(not shown)"))
        for text in printed {
            #expect(!text.contains("s3cr3t"))
            // The first byte of the key as a number.
            #expect(!text.contains("115"))
        }
    }
}

import OATH
import Testing

struct OtpauthLinkTests {
    let secret: Secret

    init() throws { secret = try #require(Secret(base32: "JBSWY3DPEHPK3PXP")) }

    private func link(_ issuer: String, _ account: String, _ token: TOTP = TOTP()) -> String? {
        OtpauthLink(issuer: issuer, account: account, secret: secret, parameters: token)?.text
    }

    @Test("A link names issuer, account and secret, and no parameter that is the default")
    func whole() throws {
        let expected = "otpauth://totp/Example:zoe?secret=JBSWY3DPEHPK3PXP&issuer=Example"
        #expect(link("Example", "zoe") == expected)
    }

    @Test(
        "Parameters that are not the defaults are written as they are",
        arguments: [(Algorithm.sha1, ""), (.sha256, "&algorithm=SHA256"), (.sha512, "&algorithm=SHA512")])
    func parameters(algorithm: Algorithm, written: String) throws {
        let token = try #require(TOTP(algorithm: algorithm, digits: 8, period: 45))
        #expect(try #require(link("x", "y", token)).hasSuffix("&issuer=x\(written)&digits=8&period=45"))
    }

    @Test("One parameter is written without the others", arguments: [(7, 30, "&digits=7"), (6, 60, "&period=60")])
    func oneParameter(digits: Int, period: Int, written: String) throws {
        let token = try #require(TOTP(algorithm: .sha1, digits: digits, period: period))
        #expect(try #require(link("x", "y", token)).hasSuffix("&issuer=x\(written)"))
    }

    @Test(
        "All but unreserved characters are percent-encoded, as UTF-8",
        arguments: [
            ("ACME Co", "ACME%20Co"), ("zoe@db-1.example", "zoe%40db-1.example"), ("a~b_c-d.e9Z", "a~b_c-d.e9Z"),
            ("a&b=c?d#e/f%g+h", "a%26b%3Dc%3Fd%23e%2Ff%25g%2Bh"),
            ("Zoë", "Zo%C3%AB"), ("日本", "%E6%97%A5%E6%9C%AC"), ("🔑", "%F0%9F%94%91"), ("\u{1}\n\"", "%01%0A%22"),
        ])
    func encoding(text: String, encoded: String) throws {
        let whole = try #require(link(text, text))
        #expect(whole.hasPrefix("otpauth://totp/\(encoded):\(encoded)?secret="))
        #expect(whole.hasSuffix("&issuer=\(encoded)"))
    }

    @Test(
        "An empty name, or one with a colon, makes no link",
        arguments: [("", "zoe"), ("x", ""), ("a:b", "zoe"), ("x", "a:b"), (":", "zoe")])
    func refused(issuer: String, account: String) {
        #expect(link(issuer, account) == nil)
    }

    @Test("A link does not print its secret by accident")
    func notPrinted() throws {
        let link = try #require(OtpauthLink(issuer: "x", account: "y", secret: secret, parameters: TOTP()))
        var dumped = ""
        dump(link, to: &dumped)
        for text in ["\(link)", String(reflecting: link), dumped] {
            #expect(text.contains("otpauth link"))
            #expect(!text.contains("JBSWY"))
        }
    }
}

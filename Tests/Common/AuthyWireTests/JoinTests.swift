import AuthyWire
import Testing

struct JoinCodeTests {
    private let secret = [UInt8](0..<16)
    private let pin = [UInt8](100..<132)

    private func code(pin: [UInt8]?) throws -> JoinCode {
        try #require(JoinCode(url: "https://2fa.example.com:8555", secret: secret, pin: pin))
    }

    @Test func `A code is read as it was written`() throws {
        for pin in [nil, pin] {
            let code = try code(pin: pin)
            #expect(try JoinCode(code.text) == code)
            #expect(try JoinCode(" \(code.text.prefix(30))\r\n\(code.text.dropFirst(30)) \n") == code)
        }
    }

    @Test func `A code that lacks a character or has another one is not read`() throws {
        let text = Array(try code(pin: pin).text)
        for index in text.indices {
            #expect(throws: JoinCode.ParsingError.self) { try JoinCode(String(text[..<index])) }
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(throws: JoinCode.ParsingError.self) { try JoinCode(String(changed)) }
        }
        #expect(throws: JoinCode.ParsingError.laterVersion) { try JoinCode("csj2_AAAA") }
        #expect(throws: JoinCode.ParsingError.noCode) { try JoinCode("https://2fa.example.com") }
        #expect(throws: JoinCode.ParsingError.noCode) { try JoinCode(String(repeating: "A", count: 9_999)) }
    }

    @Test(arguments: [
        "http://a.example", "https://", "https://a b", "https://a\"b", "https://a\\b", "https://ä.example",
    ])
    func `A code has an address that settings can hold`(url: String) {
        #expect(JoinCode(url: url, secret: secret, pin: nil) == nil)
    }

    @Test func `Secret and pin have one size`() {
        #expect(JoinCode(url: "https://a.example", secret: Array(secret.dropLast()), pin: nil) == nil)
        #expect(JoinCode(url: "https://a.example", secret: secret, pin: Array(pin.dropLast())) == nil)
    }

    @Test func `The secret is not shown`() throws {
        let code = try code(pin: nil)
        var dumped = ""
        dump(code, to: &dumped)
        #expect(
            "\(code) \(dumped)" == "JoinCode(https://2fa.example.com:8555) - JoinCode(https://2fa.example.com:8555)\n")
    }
}

struct JoinAnswerTests {
    @Test func `A key comes with the name of its application, and certificates or none`() {
        let bare = decoded(#"{"api_key":"12345678","application":"Example Corp","ca":null}"#)
        #expect(
            JoinAnswer(status: 200, body: bare)
                == .joined(HostGrant(key: "12345678", authority: nil, application: "Example Corp")))
        let whole = decoded(#"{"api_key":"12345678","application":"Example Corp","ca":"PEM"}"#)
        #expect(
            JoinAnswer(status: 200, body: whole)
                == .joined(HostGrant(key: "12345678", authority: "PEM", application: "Example Corp")))
    }

    @Test(
        arguments: [
            (404, "code_unknown", .refused(.unknown)), (410, "code_used", .refused(.used)),
            (410, "code_expired", .refused(.expired)), (410, "code_revoked", .refused(.revoked)),
            (404, "code_used", .error(.notFound)), (200, "code_used", .error(.malformed)),
            (410, "other", .error(.refused(status: 410, error: nil))), (429, "code_used", .error(.limited)),
            (500, "code_used", .error(.serverError(500))),
        ] as [(Int, String, JoinAnswer)])
    func `A refusal is one that the server names`(status: Int, error: String, answer: JoinAnswer) {
        #expect(JoinAnswer(status: status, body: decoded(#"{"error":"\#(error)"}"#)) == answer)
    }

    @Test(
        arguments: [
            #"{}"#, #"[]"#, #"{"api_key":"12345678"}"#, #"{"api_key":12345678,"application":"A"}"#,
            #"{"api_key":"12345678","application":"A","ca":1}"#, #"{"api_key":"12345678","application":["A"]}"#,
        ])
    func `Anything else is no key`(body: String) {
        #expect(JoinAnswer(status: 200, body: decoded(body)) == .error(.malformed))
        #expect(JoinAnswer(status: 200, body: nil) == .error(.malformed))
    }
}

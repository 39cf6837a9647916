import Encoding
import Testing
import WebPush

/// RFC 8292, section 2.4.
private enum Example {
    static let header = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9"
    static let claims =
        "eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1Yi"
        + "I6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0"
    static let signature = "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
    static let key = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
}

/// The parts of `vapid t=A.B.C, k=D`.
private struct Credentials {
    let header, claims, signature, key: String

    init(_ text: String) throws {
        let fields = text.split(separator: ", ").map(String.init)
        try #require(fields.count == 2 && fields[0].hasPrefix("vapid t=") && fields[1].hasPrefix("k="))
        let parts = fields[0].dropFirst("vapid t=".count).split(separator: ".", omittingEmptySubsequences: false).map(
            String.init)
        try #require(parts.count == 3)
        (header, claims, signature, key) = (parts[0], parts[1], parts[2], String(fields[1].dropFirst(2)))
    }

    func isSigned() throws -> Bool {
        let point = try #require(Base64URL.decode(key))
        let signature = try #require(Base64URL.decode(signature))
        return try #require(DeviceKey(uncompressedPoint: point)).isValid(
            signature: signature, of: header + "." + claims)
    }

    func claimsText() throws -> String { String(decoding: try #require(Base64URL.decode(claims)), as: UTF8.self) }
}

struct VAPIDKeyTests {
    @Test func `the example of RFC 8292 is signed as we read it`() throws {
        #expect(
            try Credentials("vapid t=\(Example.header).\(Example.claims).\(Example.signature), k=\(Example.key)")
                .isSigned())
    }

    @Test func `for the same claims the signed text is that of RFC 8292`() throws {
        let key = VAPIDKey()
        let text = try key.authorization(
            audience: "https://push.example.net", subject: "mailto:push@example.com", expires: 1_453_523_768)
        let credentials = try Credentials(text)
        #expect(credentials.header == Example.header && credentials.claims == Example.claims)
        #expect(credentials.key == Base64URL.encode(key.publicKey))
        #expect(try credentials.isSigned())
    }

    @Test func `what is hostile in an audience stays in its string`() throws {
        let text = try VAPIDKey().authorization(
            audience: "https://a\",\"exp\":9,\"\\\n\u{7F}é", subject: "x/y", expires: -1)
        #expect(
            try Credentials(text).claimsText() == #"{"aud":"https://a\",\"exp\":9,\"\\\u000a"# + "\u{7F}é"
                + #"","exp":-1,"sub":"x/y"}"#)
    }

    @Test func `a key is the same again from its bytes`() throws {
        let key = VAPIDKey()
        #expect(key.rawRepresentation.count == 32 && key.publicKey.count == 65 && key.publicKey.first == 4)
        #expect(VAPIDKey(rawRepresentation: key.rawRepresentation)?.publicKey == key.publicKey)
        #expect(VAPIDKey().publicKey != key.publicKey)
    }

    @Test func `bytes that are no key are refused`() {
        for bytes in [
            [], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32), [UInt8](repeating: 1, count: 31),
        ] {
            #expect(VAPIDKey(rawRepresentation: bytes) == nil)
        }
        #expect(VAPIDKey(rawRepresentation: [UInt8](repeating: 1, count: 33)) == nil)
    }

    @Test func `a key is not printed`() {
        #expect("\(VAPIDKey())" == "VAPID key" && Mirror(reflecting: VAPIDKey()).children.isEmpty)
    }
}

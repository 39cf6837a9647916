import Encoding
import Testing

struct PercentEncodingTests {
    @Test(
        "All but unreserved characters are encoded, as UTF-8",
        arguments: [
            ("-._~09azAZ", "-._~09azAZ", "-._~09azAZ"), ("a b", "a%20b", "a+b"),
            ("+&=%", "%2B%26%3D%25", "%2B%26%3D%25"),
            ("é🔑", "%C3%A9%F0%9F%94%91", "%C3%A9%F0%9F%94%91"), ("\0\n", "%00%0A", "%00%0A"), ("", "", ""),
        ])
    func encode(plain: String, encoded: String, form: String) {
        #expect(PercentEncoding.encode(plain) == encoded)
        #expect(PercentEncoding.encodeForm(plain) == form)
        #expect(PercentEncoding.decode(utf8: encoded.utf8, plus: .plus) == plain)
        #expect(PercentEncoding.decode(utf8: form.utf8, plus: .blank) == plain)
    }

    @Test("Pairs are joined in their order")
    func pairs() { #expect(PercentEncoding.encode(pairs: [("b", "1 2"), ("a", "&")]) == "b=1%202&a=%26") }

    @Test("A broken escape, and what is no UTF-8, is refused", arguments: ["%", "%4", "%GG", "%FF", "%C3", "a%-1"])
    func broken(text: String) { #expect(PercentEncoding.decode(utf8: text.utf8, plus: .blank) == nil) }

    @Test("A plus is a blank in a form, and a plus in a path")
    func plus() {
        #expect(PercentEncoding.decode(utf8: "a+b%2b".utf8, plus: .blank) == "a b+")
        #expect(PercentEncoding.decode(utf8: "a+b%2b".utf8, plus: .plus) == "a+b+")
    }
}

struct HexadecimalTests {
    @Test("A byte has two digits")
    func encode() {
        #expect(Hexadecimal.encode([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(Hexadecimal.encode([0x00, 0x0F, 0xA0, 0xFF], isUppercase: true) == "000FA0FF")
    }

    @Test("Only a digit has a value")
    func value() {
        let digits = (UInt8.min...UInt8.max).filter { Hexadecimal.value(of: $0) != nil }
        #expect(String(decoding: digits, as: UTF8.self) == "0123456789ABCDEFabcdef")
        #expect(
            digits.map { Hexadecimal.value(of: $0) } == (0...9).map { $0 } + (10...15).map { $0 } + (10...15).map { $0 }
        )
    }
}

struct LogValueTests {
    @Test(
        "A token has no blanks, quotes and equals signs",
        arguments: [
            ("sshd", "sshd"), ("", "-"), ("a b", "a\\u{20}b"), ("a=\"b\"", "a\\u{3D}\\u{22}b\\u{22}"),
            ("é\n", "\\u{E9}\\u{A}"),
        ])
    func token(text: String, token: String) { #expect(text.logToken == token) }

    @Test(
        "A text has no quotes and is ASCII",
        arguments: [("a b=c", "a b=c"), ("\"x\"\u{1B}é", "?x?\\u{1B}\\u{E9}"), ("", "")])
    func text(text: String, logged: String) { #expect(text.logText == logged) }

    @Test("Both are cut between characters")
    func cut() {
        #expect(String(repeating: "x", count: 500).logToken.utf8.count == 127)
        #expect(String(repeating: "é", count: 500).logToken.utf8.count == 126)
        #expect(String(repeating: "x", count: 500).logText.utf8.count == 300)
    }
}

struct RFC3339Tests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_478_400, "2026-11-24T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (-5, "1970-01-01T00:00:00Z"),
    ])
    func `a time is written in UTC`(_ time: Int64, _ text: String) { #expect(RFC3339.utc(time) == text) }
}

import AuthyWire
import Foundation
import Testing

private let hostile = [
    "", "plain", "\"", "\\", "\\\"", "\"}],", "a\"b\"c", "'", "/", "</script>", "\0", "\u{1}\u{1F}",
    "\u{7F}\u{80}\u{9F}",
    "\r\n\t\u{8}\u{C}", "\u{1B}[31m",
    "\u{2028}\u{2029}", "\u{202E}abc", "\u{FEFF}", "\u{FFFD}\u{FFFE}\u{10FFFF}", "🔑👩‍👩‍👧‍👦", "e\u{301}é", "日本", "%s%n",
    "\\u0041", "${x}",
    String((0..<0x100).compactMap { UnicodeScalar($0).map(Character.init) }),
]

struct JSONTextTests {
    @Test("Whatever is in a string, every parser reads the same string", arguments: hostile)
    func strings(text: String) throws {
        let json = JSONText.string(text)
        let read = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        #expect(Array(try #require(read as? String).unicodeScalars) == Array(text.unicodeScalars))
        #expect(decoded(json)?.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test("Nothing in a string can end a line, steer a terminal or be taken for a mark", arguments: hostile)
    func plain(text: String) {
        let forbidden = JSONText.string(text).unicodeScalars.filter {
            $0.value < 0x20 || [0x7F, 0x2028, 0x2029, 0xFEFF].contains($0.value)
        }
        #expect(forbidden.isEmpty)
    }

    @Test("A hostile string is as harmless as the name of a member", arguments: hostile)
    func names(text: String) {
        let value: JSONValue = .object([text: .string(text), "z\(text)": .array([.string(text)])])
        #expect(decoded(value.serialized()) == value)
    }

    @Test("Members are sorted by the bytes of their names, without blanks in between")
    func sorted() {
        let value: JSONValue = .object([
            "b": .bool(true), "a": .integer(-1), "B": .null, "é": .number(0.5), "": .array([.object([:]), .array([])]),
            "a b": .bool(false),
            "aa": .object(["d": .string("x"), "c": .string("y")]), "\u{FFFD}": .integer(1), "😀": .integer(2),
        ])
        let expected =
            #"{"":[{},[]],"B":null,"a":-1,"a b":false,"aa":{"c":"y","d":"x"},"b":true,"é":0.5,"#
            + "\"\u{FFFD}\":1,\"😀\":2}"
        #expect(value.serialized() == expected)
    }

    @Test(
        "Numbers come back as they were",
        arguments: [0.1, -0.5, 1e300, .leastNonzeroMagnitude, 1.5e-16, 123_456_789.25, .greatestFiniteMagnitude, -1e-7])
    func numbers(number: Double) {
        #expect(decoded(JSONValue.number(number).serialized()) == .number(number))
    }

    @Test("What JSON has no number for is null", arguments: [Double.nan, .infinity, -.infinity])
    func noNumbers(number: Double) {
        #expect(JSONValue.number(number).serialized() == "null")
    }

    @Test("An object keeps the order in which its members were given")
    func order() {
        let json = JSONText.object([("success", "true"), ("a\"", JSONText.string("b")), ("empty", JSONText.object([]))])
        #expect(json == #"{"success":true,"a\"":"b","empty":{}}"#)
    }
}

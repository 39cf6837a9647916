import Encoding
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

struct JSONWriterTests {
    @Test("Whatever is in a string, every parser reads the same string", arguments: hostile)
    func strings(text: String) throws {
        let json = JSONValue.string(text).serialized()
        let read = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        #expect(Array(try #require(read as? String).unicodeScalars) == Array(text.unicodeScalars))
        #expect(decoded(json)?.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test("Nothing in a string can end a line, steer a terminal or be taken for a mark", arguments: hostile)
    func plain(text: String) {
        let forbidden = JSONValue.string(text).serialized().unicodeScalars.filter {
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
            "b": .bool(true), "a": .integer(-1), "B": .null, "é": .double(0.5), "": .array([.object([:]), .array([])]),
            "a b": .bool(false),
            "aa": .object(["d": .string("x"), "c": .string("y")]), "\u{FFFD}": .integer(1), "😀": .integer(2),
        ])
        let expected =
            #"{"":[{},[]],"B":null,"a":-1,"a b":false,"aa":{"c":"y","d":"x"},"b":true,"é":0.5,"#
            + "\"\u{FFFD}\":1,\"😀\":2}"
        #expect(value.serialized(isSorted: true) == expected)
    }

    @Test(
        "Numbers come back as they were",
        arguments: [0.1, -0.5, 1e300, .leastNonzeroMagnitude, 1.5e-16, 123_456_789.25, .greatestFiniteMagnitude, -1e-7])
    func numbers(number: Double) {
        #expect(decoded(JSONValue.double(number).serialized()) == .double(number))
    }

    @Test("What JSON has no number for is null", arguments: [Double.nan, .infinity, -.infinity])
    func noNumbers(number: Double) {
        #expect(JSONValue.double(number).serialized() == "null")
    }

    @Test("An object keeps the order in which its members were given")
    func order() {
        let value: JSONValue = ["success": true, "a\"": "b", "empty": [:], "count": 2, "list": [1, "1"]]
        #expect(value.serialized() == #"{"success":true,"a\"":"b","empty":{},"count":2,"list":[1,"1"]}"#)
    }

    @Test("A reader of bytes gets no escape that JSON does not demand", arguments: hostile)
    func required(text: String) throws {
        let json = JSONValue.string(text).serialized(escaping: .required)
        #expect(decoded(json)?.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        let plain = text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "\"" && $0 != "\\" }
        #expect(
            json.unicodeScalars.filter { $0 == "\u{7F}" || !$0.isASCII }
                == plain.filter { $0 == "\u{7F}" || !$0.isASCII })
    }

    @Test("A reader of ASCII gets nothing else", arguments: hostile)
    func ascii(text: String) throws {
        let json = JSONValue.string(text).serialized(escaping: .nonASCII)
        #expect(json.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(decoded(json)?.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }
}

struct JSONObjectTests {
    @Test("A name comes once: the first member of it counts")
    func names() {
        let object: JSONObject = ["a": 1, "b": 2, "a": 3]
        #expect(JSONValue.object(object).serialized() == #"{"a":1,"b":2}"#)
        #expect(JSONValue.object(object + ["b": 4, "c": 5]).serialized() == #"{"a":1,"b":2,"c":5}"#)
        #expect(JSONObject(sorting: ["z": 1, "Z": 2]).members.map(\.name) == ["Z", "z"])
    }

    @Test("Members are set, replaced in their place, and removed")
    func setting() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = "x"
        object["c"] = nil
        object["d"] = .null
        #expect(JSONValue.object(object).serialized() == #"{"a":"x","b":2,"d":null}"#)
        object["a"] = nil
        #expect(object == ["d": .null, "b": 2] && object["a"] == nil)
        #expect(object != ["b": 2] && object != ["b": 2, "e": .null])
    }
}

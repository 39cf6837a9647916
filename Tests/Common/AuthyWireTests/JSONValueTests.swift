import AuthyWire
import Foundation
import Testing

struct JSONValueTests {
    @Test(
        "JSON becomes the value that it is",
        arguments: [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("1", .integer(1)),
            ("-7", .integer(-7)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(0x1p63)),
            ("0.5", .number(0.5)), ("1e300", .number(1e300)), (#""true""#, .string("true")), (#""1""#, .string("1")),
            (#""""#, .string("")),
            (#""null""#, .string("null")), (#""a\u0000\ud83d\udd11\n""#, .string("a\0🔑\n")), ("[]", .array([])),
            ("{}", .object([:])),
            ("[1,true,null,[\"x\"]]", .array([.integer(1), .bool(true), .null, .array([.string("x")])])),
            (#"{"a":{"b":[{}]},"":false}"#, .object(["a": .object(["b": .array([.object([:])])]), "": .bool(false)])),
        ] as [(String, JSONValue)])
    func kinds(json: String, value: JSONValue) {
        #expect(decoded(json) == value)
    }

    @Test("True, 1 and \"true\" stay apart")
    func apart() throws {
        let values = try #require(decoded(#"[true, 1, "true", 1.5, false, 0, "false", null]"#))
        let apart: [JSONValue] = [
            .bool(true), .integer(1), .string("true"), .number(1.5), .bool(false), .integer(0), .string("false"), .null,
        ]
        #expect(values == .array(apart))
    }

    @Test("A whole number is an integer, however it was written", arguments: ["100", "100.0", "1e2", "1.0E+2"])
    func wholeNumbers(json: String) {
        #expect(decoded(json) == .integer(100))
    }

    @Test(
        "What is no JSON is an error",
        arguments: [
            "", " ", "<html></html>", "{", "[1,,2]", "{\"a\"}", "tru", "'a'", "nan", "\"\\ud800\"", "\"\\x\"", "01",
            "1e999", "{} {}",
            "\"a\nb\"",
        ])
    func broken(json: String) {
        #expect(decoded(json) == nil)
    }

    @Test("Bytes that are no UTF-8 are an error")
    func notUTF8() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(JSONValue.self, from: Data([0x22, 0xFF, 0xFE, 0x22]))
        }
    }

    @Test("What is nested deeper than the limit is an error", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(open: String, close: String) {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(decoded(nested(JSONValue.maximumDepth)) != nil)
        #expect(decoded(nested(JSONValue.maximumDepth + 1)) == nil)
        #expect(decoded(nested(400)) == nil)
        #expect(decoded(nested(20_000)) == nil)
    }

    @Test("A value that is encoded comes back")
    func encoded() throws {
        let value: JSONValue = .object([
            "a": .array([
                .null, .bool(true), .bool(false), .integer(.max), .integer(.min), .number(0.1), .string("é\"\\/"),
            ]),
            "": .object(["b": .array([]), "c": .object([:])]),
        ])
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
    }

    @Test("Only an object has members, and only a string a text")
    func access() {
        let value: JSONValue = .object(["a": .string("x"), "n": .null])
        #expect(value["a"]?.text == "x")
        #expect(value["n"] == .null)
        #expect(value["b"] == nil)
        for other: JSONValue in [.null, .array([value]), .string("a"), .bool(true), .integer(1), .number(1.5)] {
            #expect(other["a"] == nil)
        }
        for other: JSONValue in [.null, .array([.string("x")]), .bool(true), .integer(1), .number(1.5), value] {
            #expect(other.text == nil)
        }
    }
}

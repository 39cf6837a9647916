import Encoding
import Testing

private let limits = JSONValue.Limits(depth: 32, members: 200, values: 2_000, areNumbersFinite: true)

/// What a reader makes of a text; nil if it is not JSON.
func decoded(_ json: String) -> JSONValue? { JSONValue(json.utf8, limits: limits) }

struct JSONValueTests {
    @Test(
        "JSON becomes the value that it is",
        arguments: [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("1", .integer(1)),
            ("-7", .integer(-7)),
            ("9223372036854775807", .integer(Int64.max)), ("-9223372036854775808", .integer(Int64.min)),
            ("9223372036854775808", .double(0x1p63)),
            ("0.5", .double(0.5)), ("1e300", .double(1e300)), (#""true""#, .string("true")), (#""1""#, .string("1")),
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
            .bool(true), .integer(1), .string("true"), .double(1.5), .bool(false), .integer(0), .string("false"), .null,
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
        #expect(JSONValue([0x22, 0xFF, 0xFE, 0x22], limits: limits) == nil)
    }

    @Test("What is nested deeper than the limit is an error", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(open: String, close: String) {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(decoded(nested(limits.depth)) != nil)
        #expect(decoded(nested(limits.depth + 1)) == nil)
        #expect(decoded(nested(400)) == nil)
        #expect(decoded(nested(20_000)) == nil)
    }

    @Test("A value that is encoded comes back")
    func encoded() {
        let value: JSONValue = .object([
            "a": .array([
                .null, .bool(true), .bool(false), .integer(Int64.max), .integer(Int64.min), .double(0.1),
                .string("é\"\\/"),
            ]),
            "": .object(["b": .array([]), "c": .object([:])]),
        ])
        #expect(decoded(value.serialized()) == value)
    }

    @Test("Only an object has members, and only a string a text")
    func access() {
        let value: JSONValue = .object(["a": .string("x"), "n": .null])
        #expect(value["a"]?.text == "x")
        #expect(value["n"] == .null)
        #expect(value["b"] == nil)
        for other: JSONValue in [.null, .array([value]), .string("a"), .bool(true), .integer(1), .double(1.5)] {
            #expect(other["a"] == nil)
        }
        for other: JSONValue in [.null, .array([.string("x")]), .bool(true), .integer(1), .double(1.5), value] {
            #expect(other.text == nil)
        }
    }

    @Test("A number keeps its text", arguments: ["-1.50e3", "0", "-0", "1E+2", "9223372036854775809", "0.10"])
    func numberText(json: String) { #expect(decoded(json)?.serialized() == json) }

    @Test(
        "A number is whole only if it is so exactly", arguments: ["9007199254740993.0", "9223372036854775808", "0.5"])
    func notWhole(json: String) {
        guard case .number(let number)? = decoded(json) else { return #expect(Bool(false)) }
        #expect(number.integer == nil)
    }

    @Test("A number beyond all others is refused only where a number is wanted")
    func huge() {
        var texts = limits
        texts.areNumbersFinite = false
        #expect(JSONValue("-1e999".utf8, limits: limits) == nil)
        #expect(JSONValue("-1e999".utf8, limits: texts)?.serialized() == "-1e999")
    }

    @Test("Members and values are limited")
    func limited() {
        func object(_ count: Int) -> String { "{" + (1...count).map { "\"\($0)\":1" }.joined(separator: ",") + "}" }
        #expect(decoded(object(200)) != nil)
        #expect(decoded(object(201)) == nil)
        #expect(decoded("[" + Array(repeating: "1", count: 1_999).joined(separator: ",") + "]") != nil)
        #expect(decoded("[" + Array(repeating: "1", count: 2_000).joined(separator: ",") + "]") == nil)
    }

    @Test("Of two members with one name the first counts, and the order is kept")
    func twice() {
        #expect(decoded(#"{"b":1,"a":2,"b":3}"#)?.serialized() == #"{"b":1,"a":2}"#)
    }

    @Test("A byte order mark is skipped")
    func mark() { #expect(decoded("\u{FEFF}{}") == [:]) }
}

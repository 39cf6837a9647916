import AuthyWire
import Testing

struct FormTextTests {
    private func read(_ text: String) -> [Parameter.Member]? { FormText.members(text.utf8) }

    @Test(arguments: ["user[email]=a%40b.cc", "user%5Bemail%5D=a%40b.cc", "user[email]=a@b.cc"])
    func `brackets may be raw or encoded`(_ text: String) {
        #expect(read(text) == [.init("user", .members([.init("email", .text("a@b.cc"))]))])
    }

    @Test func `a plus is a blank`() { #expect(read("a=1+2%2B3") == [.init("a", .text("1 2+3"))]) }

    @Test func `a new element begins where a name comes again`() {
        let logos = read("logos[][res]=default&logos[][url]=a&logos[][res]=low&logos[][url]=b")
        #expect(
            logos == [
                .init(
                    "logos",
                    .list([
                        .members([.init("res", .text("default")), .init("url", .text("a"))]),
                        .members([.init("res", .text("low")), .init("url", .text("b"))]),
                    ]))
            ])
    }

    @Test func `numbered elements keep their order`() {
        let elements = read("logos[0][res]=default&logos[0][url]=a&logos[1][res]=low")?.first?.value.elements
        #expect(elements?.map { $0["res"]?.text } == ["default", "low"])
    }

    @Test(arguments: ["a=%", "a=%4", "a=%GG", "a=%FF", "%C3=1"])
    func `what is no UTF-8 or has a broken escape is refused`(_ text: String) { #expect(read(text) == nil) }

    @Test func `of two values with one name the first counts`() { #expect(read("a=1&a=2") == [.init("a", .text("1"))]) }

    @Test(arguments: ["[a]=1", "a]=1", "a[=1", "a[b=1"])
    func `a name whose brackets do not match is a name`(_ text: String) {
        #expect(read(text)?.first?.name == String(text.prefix { $0 != "=" }))
    }

    @Test func `there is a limit to pairs and to depth`() {
        #expect(read(String(repeating: "a=1&", count: 501)) == nil)
        #expect(read("a" + String(repeating: "[b]", count: 7) + "=1") == nil)
    }
}

struct JSONParameterTests {
    private func read(_ text: String) -> [Parameter.Member]? { JSONParameters.members(text.utf8) }

    @Test func `members keep their order and scalars are texts`() {
        #expect(
            read(#"{"b":1,"a":true,"c":-1.50e3,"d":"x"}"#)
                == [
                    .init("b", .text("1")), .init("a", .text("true")), .init("c", .text("-1.50e3")),
                    .init("d", .text("x")),
                ])
    }

    @Test func `null and what is empty are absent`() {
        #expect(read(#"{"a":null,"b":{},"c":[],"d":{"e":null},"f":[[]]}"#) == [])
    }

    @Test func `escapes are read`() {
        #expect(read(#"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}"#) == [.init("a", .text("\"\\/\u{8}\u{C}\n\r\té😀"))])
    }

    @Test(
        arguments: [
            "", "[]", "1", "null", "{", "{}x", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":01}"#,
            #"{"a":1.}"#, #"{"a":.5}"#,
            #"{"a":+1}"#,
            #"{"a":"\x"}"#, #"{"a":"\ud800"}"#, #"{"a":"\ud800\u0041"}"#, #"{"a":"\u00g0"}"#, #"{"a":tru}"#,
            "{\"a\":\"\u{1}\"}",
            #"{"a":[1,]}"#,
            #"{"a":"b}"#, "{\"a\":1}\u{0}",
        ])
    func `what is not JSON to the letter is refused`(_ text: String) { #expect(read(text) == nil) }

    @Test func `what is no UTF-8 is refused`() {
        #expect(JSONParameters.members([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]) == nil)
    }

    @Test func `depth and number of values are limited`() {
        let deep = String(repeating: #"{"a":"#, count: 17) + "1" + String(repeating: "}", count: 17)
        #expect(read(deep) == nil)
        #expect(read(#"{"a":[\#(String(repeating: "1,", count: 2_000))1]}"#) == nil)
    }

    @Test func `members of one object are limited`() {
        func object(_ count: Int) -> String { "{" + (1...count).map { "\"\($0)\":1" }.joined(separator: ",") + "}" }
        #expect(read(object(200))?.count == 200)
        #expect(read(object(201)) == nil)
        #expect(read("{\"a\":\(object(201))}") == nil)
    }

    @Test func `names are compared by their bytes, which is quick also for odd ones`() {
        #expect(read("{\"\u{E9}\":1,\"e\u{301}\":2}")?.count == 2)
        #expect(FormText.members("%C3%A9=1&e%CC%81=2".utf8)?.count == 2)
    }

    @Test func `of two members with one name the first counts`() {
        #expect(read(#"{"a":"1","a":"2"}"#) == [.init("a", .text("1"))])
    }
}

struct ParametersTests {
    @Test func `what came first stays, and objects are laid together`() {
        var parameters = Parameters()
        parameters.merge(FormText.members("user[email]=a&key=1".utf8) ?? [])
        parameters.merge(FormText.members("user[email]=b&user[cellphone]=2&key=2".utf8) ?? [])
        #expect(
            parameters.text("email", in: "user") == "a" && parameters.text("cellphone", in: "user") == "2"
                && parameters.text("key") == "1")
    }

    @Test(arguments: [
        ("true", true), ("True", true), ("1", true), ("false", false), ("False", false), ("0", false), ("yes", false),
    ])
    func `truths come in several spellings`(_ text: String, _ truth: Bool) {
        var parameters = Parameters()
        parameters.merge([.init("force", .text(text))])
        #expect(parameters.flag("force") == truth && parameters.flag("other") == nil)
    }
}

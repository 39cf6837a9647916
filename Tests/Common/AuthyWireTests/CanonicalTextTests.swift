import AuthyWire
import Encoding
import Testing

struct CanonicalTextTests {
    @Test(
        "Each value leaves its text",
        arguments: [
            (#"{"a":null}"#, "a="), (#"{"a":true,"b":false}"#, "a=true&b=false"),
            (#"{"a":-5,"b":1700000000}"#, "a=-5&b=1700000000"),
            (#"{"a":0.5}"#, "a=0.5"), (#"{"a":""}"#, "a="), (#"{"a":"true"}"#, "a=true"),
        ])
    func scalars(json: String, text: String) throws {
        #expect(CanonicalText.of(try #require(decoded(json))) == text)
    }

    @Test(
        "Names and values are form-encoded",
        arguments: [
            (" ", "+"), ("a b", "a+b"), ("+", "%2B"), ("*", "%2A"), ("~", "~"), ("-._~09azAZ", "-._~09azAZ"),
            ("/", "%2F"),
            ("&=?#%", "%26%3D%3F%23%25"),
            ("é", "%C3%A9"), ("🔑", "%F0%9F%94%91"), ("\0\n", "%00%0A"), ("!'()", "%21%27%28%29"), ("[]", "%5B%5D"),
            ("\"\\", "%22%5C"),
        ])
    func encoding(plain: String, encoded: String) {
        #expect(CanonicalText.of(.object(["v": .string(plain)])) == "v=" + encoded)
        #expect(CanonicalText.of(.object([plain: .string("v")])) == encoded + "=v")
        #expect(CanonicalText.of(query: [(plain + "n", plain)]) == "\(encoded)n=\(encoded)")
    }

    @Test(
        "What is empty leaves nothing behind",
        arguments: [
            ("{}", ""), (#"{"a":[]}"#, ""), (#"{"a":{}}"#, ""), (#"{"a":{"b":{"c":[]}},"d":1}"#, "d=1"),
            (#"{"a":[[],{},[{}]],"b":[1,[],2]}"#, "b%5B%5D=1&b%5B%5D=2"),
            (#"{"a":[null]}"#, "a%5B%5D="),
        ])
    func empty(json: String, text: String) throws {
        #expect(CanonicalText.of(try #require(decoded(json))) == text)
    }

    @Test("Elements keep their order, also objects and arrays")
    func arrays() throws {
        let json =
            #"{"l":[{"r":"z","u":2},{"u":3,"r":"a"}],"n":[[2,1],[0]],"s":["b","a"],"e":[1,2,3,4,5,6,7,8,9,10,11]}"#
        let elements = (1...11).map { "e%5B%5D=\($0)" }.joined(separator: "&")
        let expected =
            elements + "&l%5B%5D%5Br%5D=z&l%5B%5D%5Bu%5D=2&l%5B%5D%5Br%5D=a&l%5B%5D%5Bu%5D=3"
            + "&n%5B%5D%5B%5D=2&n%5B%5D%5B%5D=1&n%5B%5D%5B%5D=0&s%5B%5D=b&s%5B%5D=a"
        #expect(CanonicalText.of(try #require(decoded(json))) == expected)
    }

    @Test("Members are sorted as they are written, encoded and with their values, not by their names")
    func order() {
        let members: JSONObject = [
            "a": .integer(1), "a1": .integer(1), "a b": .integer(1), "a~": .integer(1), "a*": .integer(1),
            "A": .integer(1),
            "_": .integer(1), "é": .integer(1),
            "a.": .object(["z": .integer(1), "y": .integer(1)]),
        ]
        let expected = "%C3%A9=1&A=1&_=1&a%2A=1&a+b=1&a.%5By%5D=1&a.%5Bz%5D=1&a1=1&a=1&a~=1"
        #expect(CanonicalText.of(.object(members)) == expected)
    }

    @Test(
        "Only an object has parameters",
        arguments: [.null, .array([.integer(1)]), .string("a=b"), .bool(true), .integer(1)] as [JSONValue])
    func noObject(value: JSONValue) {
        #expect(CanonicalText.of(value) == "")
    }

    @Test("A query makes the text that its parameters would make as an object")
    func query() throws {
        let query = [
            ("status", "approved"), ("logos[][res]", "z"), ("logos[][url]", "2"), ("logos[][res]", "a"),
            ("logos[][url]", "3"), ("a1", "x"),
            ("a", "y"),
            ("t[m]", "b c"), ("t[d][Host name]", "db-1/eu"), ("t[m][n]", ""), ("s[]", "2"), ("s[]", "1"), ("tt", ""),
        ]
        let json = """
            {"status":"approved","logos":[{"res":"z","url":"2"},{"res":"a","url":"3"}],"a1":"x","a":"y","s":["2","1"],\
            "tt":"",
            "t":{"d":{"Host name":"db-1/eu"},"m":"b c"}}
            """
        let text = CanonicalText.of(query: query.filter { $0.0 != "t[m][n]" }.map { (name: $0.0, value: $0.1) })
        #expect(text == CanonicalText.of(try #require(decoded(json))))
        #expect(text.hasPrefix("a1=x&a=y&logos%5B%5D%5Bres%5D=z&logos%5B%5D%5Burl%5D=2&logos%5B%5D%5Bres%5D=a&"))
        #expect(CanonicalText.of(query: []) == "")
    }
}

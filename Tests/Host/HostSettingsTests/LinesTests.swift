import Testing

@testable import SettingsFile

struct LinesTests {
    private static let tricky = #"""
        top = 1 # [not] = 1
        'quoted key' . "other" = """
        [fake]
        fake = 1 \""" still
        """""
        literal = '''
        fake = '2'
        '''
        list = [ # [x]
            "]", # one
            { a = 1, b = [
                2 ] },
        ]
        plain = "a \" # b"
        empty = ""
        when = 1979-05-27 07:32:00 # c, d = 1

        [ a . "b" ]
          c.d.e = { f = 'g', h = [] }
        [[t]]
        x = 1
        [t.u]
        y = 1
        [[t]]
        x = 2
          [[t.v]]
          z = 1
          [[t.v]]
          z = 2
          long = """a \
            b"""
          last = 1
        """#

    @Test(
        arguments: [
            (["top"], 1), (["quoted key"], 2), (["quoted key", "other"], 2), (["literal"], 6), (["list"], 9),
            (["list", "[1]"], 10),
            (["list", "[2]"], 11), (["list", "[2]", "a"], 11), (["list", "[2]", "b"], 11),
            (["list", "[2]", "b", "[1]"], 12),
            (["plain"], 14),
            (["empty"], 15), (["when"], 16), (["a"], 18), (["a", "b"], 18), (["a", "b", "c"], 19),
            (["a", "b", "c", "d", "e", "f"], 19),
            (["a", "b", "c", "d", "e", "h"], 19), (["t"], 20), (["t", "[1]"], 20), (["t", "[1]", "x"], 21),
            (["t", "[1]", "u", "y"], 23),
            (["t", "[2]"], 24), (["t", "[2]", "x"], 25), (["t", "[2]", "v", "[1]", "z"], 27),
            (["t", "[2]", "v", "[2]"], 28),
            (["t", "[2]", "v", "[2]", "z"], 29), (["t", "[2]", "v", "[2]", "long"], 30),
            (["t", "[2]", "v", "[2]", "last"], 32),
        ] as [([String], Int)])
    func `each key, table and element is found on its line`(path: [String], line: Int) {
        #expect(Lines(Self.tricky)[path] == line)
        let otherEnds = Self.tricky.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        #expect(Lines("\u{FEFF}" + otherEnds)[path] == line)
    }

    @Test(arguments: [
        ["fake"], ["not"], ["x"], ["t", "[3]"], ["list", "[3]"], ["a", "b", "c", "d", "e", "f", "g"], [],
    ])
    func `what only looks like a key has no line`(path: [String]) {
        #expect(Lines(Self.tricky)[path] == nil)
    }

    @Test func `a table has the line of its own header, also where one of its parts came first`() {
        let lines = Lines("[a.b]\n[a]\n")
        #expect(lines[["a"]] == 2)
        #expect(lines[["a", "b"]] == 1)
    }

    @Test func `a key that is written with escapes has no line, and does not disturb the others`() {
        let lines = Lines("\"tr\\u0069es\" = 1\nnext = 2")
        #expect(lines[["tries"]] == nil)
        #expect(lines[["next"]] == 2)
    }

    @Test(arguments: [
        "a = 1\n= 3\nb = 2", "a = 1\n[x\nb = 2", "a = 1\nc = [\"1\" 2]\nb = 2", "a = 1\nc = \"x\nb = 2",
        "a = 1\nc =\nb = 2",
    ])
    func `where the scan is lost, what comes later has no line`(text: String) {
        let lines = Lines(text)
        #expect(lines[["a"]] == 1)
        #expect(lines[["b"]] == nil)
    }

    @Test func `every value of the documented example has a line with its key on it`() throws {
        let source = wholeExample.split(separator: "\n", omittingEmptySubsequences: false)
        let lines = Lines(wholeExample)
        var found = 0
        func look(_ value: Value, _ path: [String]) throws {
            switch value {
            case .table(let entries): for (key, value) in entries { try look(value, path + [key]) }
            case .list(let values):
                for (index, value) in values.enumerated() { try look(value, path + [Lines.step(index)]) }
            default:
                let key = try #require(path.last { !$0.hasPrefix("[") })
                let line = try #require(lines[path])
                #expect(source[line - 1].contains(key))
                found += 1
            }
        }
        try look(.table(Value.document(wholeExample)), [])
        #expect(found == 32)
    }
}

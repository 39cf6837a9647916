import SettingsFile
import Testing

struct SettingsErrorTests {
    @Test func `an error is file, line, key and message, without those that it lacks`() {
        #expect(SettingsError(file: "/f", line: 3, key: "a.b", message: "no").description == "/f:3: a.b: no")
        #expect(SettingsError(file: "/f", line: 3, message: "no").description == "/f:3: no")
        #expect(SettingsError(file: "/f", key: "a.b", message: "no").description == "/f: a.b: no")
        #expect(SettingsError(file: "/f", message: "no").description == "/f: no")
    }

    @Test(arguments: [
        ("a\nb", "a\\u{A}b"), ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{9B}x", "\\u{9B}x"), ("\u{2028}", "\\u{2028}"),
        ("\u{202E}abc", "\\u{202E}abc"),
        ("\u{200B}", "\\u{200B}"), ("\r\n", "\\u{D}\\u{A}"), ("Müller-日本", "Müller-日本"),
    ])
    func `nothing that moves the cursor or turns the text around gets into an error`(text: String, plain: String) {
        #expect(
            SettingsError(file: text, line: 1, key: text, message: text).description == "\(plain):1: \(plain): \(plain)"
        )
    }

    @Test func `a long name is cut`() throws {
        let long = String(repeating: "x", count: 5000)
        let error = try #require(complaint(about: "[login]\n\(long) = 1\nprompt = \"now\""))
        #expect(error.hasPrefix("t:2: login."))
        #expect(error.utf8.count < 400)
    }

    @Test(arguments: [[], [0x22], [0x5B], [0x7D], [0x0A], [0x5C]] as [[UInt8]])
    func `whatever byte is lost or changed, the answer is settings or one plain line`(change: [UInt8]) {
        let bytes = Array(wholeExample.utf8)
        for index in stride(from: change.first.map { Int($0 % 5) } ?? 0, to: bytes.count, by: 5) {
            let changed = String(decoding: bytes[..<index] + change + bytes[(index + 1)...], as: UTF8.self)
            guard let error = complaint(about: changed) else { continue }
            #expect(error.hasPrefix("t:") && !error.contains { $0.isNewline })
        }
    }
}

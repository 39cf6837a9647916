import HostSettings
import SettingsFile
import Testing

/// Invalid settings, with the whole line that the log then has.
struct BadCase: Sendable, CustomTestStringConvertible {
    let text: String
    let error: String

    init(_ text: String, _ error: String) {
        self.text = text
        self.error = error
    }

    var testDescription: String { error }
}

/// The log's line, or nil if the settings are valid.
func complaint(about text: String) -> String? {
    do throws(SettingsError) {
        _ = try Settings.parse(text, file: "t")
        return nil
    } catch {
        return error.description
    }
}

/// Headers and keys that a table needs beside the tested ones.
let server = "[server]\napi_key_file = \"/k\"\n"

struct BadSettingsTests {
    @Test(arguments: badSyntax + badTypes) func `what is not TOML, or of the wrong type, is refused with its line`(
        bad: BadCase
    ) {
        #expect(complaint(about: bad.text) == bad.error)
    }

    @Test(arguments: unknownKeys) func `a key that is not known is refused, with the known one that it resembles`(
        bad: BadCase
    ) {
        #expect(complaint(about: bad.text) == bad.error)
    }

    @Test(arguments: badServers) func `a server that cannot be meant is refused without showing its URL`(bad: BadCase) {
        #expect(complaint(about: bad.text) == bad.error)
    }

    @Test(arguments: badLogins + badPreferences + badEnrolments)
    func `a rule that cannot be meant is refused with what was expected`(
        bad: BadCase
    ) {
        #expect(complaint(about: bad.text) == bad.error)
    }

    @Test(arguments: tooManyGroups) func `more groups than a login can look up are refused`(bad: BadCase) {
        #expect(complaint(about: bad.text) == bad.error)
    }

    @Test(arguments: [manyGroups, "[login.group.\(String(repeating: "a", count: 7_000))]\nfactors = [\"sms\"]"])
    func `as many groups as a login can look up are taken`(text: String) { #expect(complaint(about: text) == nil) }

    @Test(arguments: badExemptions) func `an exemption that says nothing, or all, is refused`(bad: BadCase) {
        #expect(complaint(about: bad.text) == bad.error)
    }
}

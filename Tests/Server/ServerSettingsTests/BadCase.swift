import ServerSettings
import SettingsFile
import Testing

/// The log's line, or nil if the settings are valid.
func complaint(about text: String) -> String? {
    do throws(SettingsError) {
        _ = try ServiceSettings.parse(text, file: "t")
        return nil
    } catch {
        return error.description
    }
}

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

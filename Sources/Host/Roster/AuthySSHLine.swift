internal import Identifiers

/// One line of authy-ssh's settings.
///
/// Only lines that name a user are read; the API key and other settings are skipped.
enum AuthySSHLine {
    static func entry(_ line: Int, text: String) throws(RosterError) -> Entry? {
        let text = text.trimmed
        guard text.hasPrefix("user=") else { return nil }
        let parts = text.dropFirst(5).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let user = parts.first.map(String.init)?.trimmed, !user.isEmpty else {
            throw RosterError(line, "user=NAME:AUTHYID is needed")
        }
        guard let id = parts.last.flatMap({ AuthyID(String($0).trimmed) }) else {
            throw RosterError(line, "the AuthyID of \(user.prefix(40)) is not a positive whole number")
        }
        return Entry(line: line, user: user, factor: .authyID(id))
    }
}

internal import AuthyWire
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// What `show` says of an account, read by a child process.
///
/// This process is still root, as a login may have to follow, and root opens no file of the accounts.
struct AccountProbe {
    let state: AccountState
    let hadAuthyID: Bool
    /// The attempt, among those asked about, in which a factor was proven; nil if there is none.
    let approvedAttempt: String?

    /// Reads the account; `attempts` are logins that may have been approved a moment ago.
    init(_ person: Person, attempts: [String]) throws {
        let asked = attempts.flatMap { ["--attempt", $0] }
        let words = ["show", "--json", "--config", Path.settings.text] + asked + ["--", person.name]
        // The child process has printed the reason.
        guard let output = try OwnProcess.command.output(words) else {
            throw CommandError("the account cannot be read", hint: "as root, countersign check says why")
        }
        let members = JSONParameters.members(output) ?? []
        guard let state = Self.word("state", members: members).flatMap(AccountState.init),
            let had = Self.word("had_authy_id", members: members)
        else {
            throw CommandError(
                "the account of \(person.name) cannot be read", hint: "as root, countersign check says why")
        }
        self.state = state
        hadAuthyID = had != "false"
        let approved = Self.word("approved_attempt", members: members)
        approvedAttempt = if let approved, attempts.contains(approved) { approved } else { nil }
    }

    private static func word(_ name: String, members: [Parameter.Member]) -> String? {
        guard case .text(let word)? = members.first(where: { $0.name == name })?.value else { return nil }
        return word
    }
}

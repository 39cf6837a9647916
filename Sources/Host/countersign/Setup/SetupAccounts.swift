internal import CommandSupport
internal import HostSettings
internal import LoginPolicy

/// What the accounts of this host say of each user, in words for the question.
struct SetupAccounts {
    /// By user; others have no account.
    let states: [String: String]
    /// What becomes of a user without an account.
    let ofOthers: String
    private let settings: Settings?

    init(newGrace: Int?) {
        let trust = (try? ServiceUser.current())?.trust
        let settings = trust.flatMap { try? Settings.load(Path.settings.text, trust: $0) }
        self.settings = settings
        let rules = settings?.enrolment
        ofOthers =
            switch rules?.mode ?? .grace {
            case .optional: "not enrolled: not asked"
            case .grace: "not enrolled: \(newGrace ?? rules?.graceLogins ?? 5) logins without it"
            case .required: "not enrolled: REFUSED until enrolled"
            }
        guard settings != nil,
            let output = try? OwnProcess.command.output(["list", "--csv", "--columns", "user,state,grace-left"])
        else {
            states = [:]
            return
        }
        let rows = String(decoding: output, as: UTF8.self).split(separator: "\n").dropFirst()
        var states: [String: String] = [:]
        for row in rows {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != "\r" } }
            guard cells.count == 3 else { continue }
            let isWithout = cells[1] == "none"
            let left =
                cells[2].isEmpty ? "no login without it left: REFUSED until enrolled" : "\(cells[2]) logins without it"
            let mode = rules?.mode ?? .grace
            states[cells[0]] = isWithout ? mode == .grace ? "not enrolled: \(left)" : ofOthers : cells[1]
        }
        self.states = states
    }

    /// Whether the settings that exist have the factor of the target user asked there.
    func asksTarget(at service: String) -> Bool { settings?.login(for: service).factorOf == .user }

    func state(of user: String) -> String { states[user] ?? ofOthers }
}

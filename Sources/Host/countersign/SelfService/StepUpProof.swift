internal import Accounts
internal import CommandSupport
internal import Glibc
internal import HostSettings
internal import Identifiers
internal import LoginPolicy

/// A factor that was proven just now for this run: to sudo when it started this, or to this process.
///
/// This process runs the module once, as in a login to the service `countersign`. It is not enough that the login lets
/// in: a pause, an exemption, a grace or a remembered login let in without a factor. The accounts must have this very
/// attempt as approved.
struct StepUpProof {
    static let service = "countersign"
    private let attempt: String
    /// Service whose settings said which user's factor is asked for.
    private let service: String

    /// Returns nil if sudo asked for no factor: within its timestamp, or if its stack lacks Countersign.
    static func ofSudo(_ account: AccountProbe, settings: Settings) -> StepUpProof? {
        // Under every name that sudo can have, the caller's own factor was asked for.
        let others = settings.serviceNames.filter {
            !["su", "su-l"].contains($0) && settings.login(for: $0).factorOf != .user
        }
        guard others.isEmpty, account.state == .confirmed, let attempt = account.approvedAttempt else { return nil }
        return StepUpProof(attempt: attempt, service: "sudo")
    }

    /// Runs the login as root, before the accounts are opened.
    static func prove(_ person: Person) throws -> StepUpProof {
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandError("nobody is at a terminal to prove a factor", hint: "run it in a terminal")
        }
        let login = try PAMStack.with(service: service, module: nil, arguments: []) {
            try PAMLogin(service: service, user: person.name, folder: $0)
        }
        guard try login.authenticate() == .letIn else { throw refusal(person) }
        guard let process = RunningProcess(getpid()) else { throw CommandError("/proc/self/stat cannot be read") }
        return StepUpProof(attempt: process.attempt(of: person), service: service)
    }

    /// Checks the attempt in the opened accounts.
    func check(_ context: CommandContext) throws {
        guard context.settings.login(for: service).factorOf == .user else {
            throw CommandError(
                "login.service.\(service).factor_of is not \"user\"",
                hint: "the administrator takes that out of the settings")
        }
        guard try context.accounts.attempt(attempt, now: Timestamp.now)?.outcome == .approved else {
            throw CommandError(
                "the login was let in without a factor, which is not enough here",
                hint: "`countersign history` says why; an exemption or a pause is the administrator's to end",
                code: .refused)
        }
    }

    private static func refusal(_ person: Person) -> CommandError {
        CommandError(
            "nothing was changed: no factor of \(person.name) was proven", hint: "try again with your phone at hand",
            code: .refused)
    }
}

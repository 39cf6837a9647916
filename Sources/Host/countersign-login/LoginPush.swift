internal import Accounts
internal import CSyscalls
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol

/// The request on the phone.
extension LoginDriver {
    /// The shortest time between two polls that may wait, in milliseconds.
    private static let pollInterval: Int64 = 1_000
    /// How long a short poll may take, besides the time that the server was asked to wait, in milliseconds.
    private static let pollTimeout: Int64 = 3_000

    mutating func chargePush(of user: KnownUser, automatic: Bool) throws -> LoginFlow.PushCharge {
        let charge = try user.accounts.chargePush(
            user.person, attempt: login.attempt, place: login.place, automatic: automatic, now: now())
        switch charge {
        case .granted(let id):
            push = id
            return .granted
        case .paused: return .paused
        case .tooMany: return .tooMany
        case .alreadySent: return .alreadySent
        }
    }

    mutating func createPush(for user: KnownUser, number: CheckNumber?) {
        let left = max(1, ((timers.deadline ?? system_now()) - system_now()) / 1_000)
        var question = ApprovalQuestion(message: login.message(in: texts), seconds: left, number: number)
        question.details = login.details(in: texts)
        question.host = login.host
        question.attempt = login.attempt
        let request = user.account.authyID.map { NetRequest.create(question, for: $0) }
        isCreating = ask(request, orElse: .createFailed(.refused))
    }

    /// Polls until the prompt is due, now or a short while after the last poll.
    mutating func pollAgain() {
        let due = (timers.polled ?? 0) + Self.pollInterval
        if due <= system_now() { poll(wait: timers.untilPromptIsDue) } else { timers.pollIsDue = due }
    }

    mutating func pollBriefly(wait: Int64) {
        timers.pollEnds = system_now() + wait + Self.pollTimeout
        poll(wait: wait)
    }

    /// Asks for the status of the request; the server may hold the answer back for `wait` milliseconds.
    mutating func poll(wait: Int64) {
        timers.polled = system_now()
        let request = user?.account.authyID.map { NetRequest.poll($0, milliseconds: max(0, wait)) }
        ask(request, orElse: .pollFailed(.refused))
    }
}

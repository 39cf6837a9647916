internal import Accounts
internal import CSyscalls
internal import Frames
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import NetProtocol

/// What the driver hears: results, timers and the module.
extension LoginDriver {
    /// How long the prompt is delayed while an unreachable server is tried again and an outage may excuse, in
    /// milliseconds.
    private static let restartTime: Int64 = 10_000

    mutating func listen() throws {
        net.wait(orFor: module.channel, until: timers.next)
        // Results that have arrived come before timers that are due.
        for answered in net.receive() {
            note(answered)
            guard let event = LoginFlow.Event(answered) else { continue }
            try refund(event, after: answered.result)
            events.append(event)
        }
        tick()
        hearModule()
    }

    /// Notes what a result says besides the event.
    private mutating func note(_ answered: Net.Answered) {
        if let reason = answered.result.reason { detail = reason }
        switch (answered.request, answered.result) {
        case (.create, .created(let id)):
            request = id
            created()
        case (.create, _): created()
        case (.poll, _): timers.pollEnds = nil
        case (.verify(let code, _, _, _), .confirmationCode): codes.confirmation = code
        case (.verify, .phoneConfirmed): codes.hasConfirmedPhone = true
        default: break
        }
    }

    /// The server has answered: a delayed prompt need not wait any longer.
    private mutating func created() {
        isCreating = false
        if timers.isPromptHeld, timers.promptIsDue != nil { timers.promptIsDue = system_now() }
    }

    private mutating func tick() {
        if timers.hasRunOut(\.deadline) { events.append(.deadline) }
        if let due = timers.promptIsDue, timers.hasRunOut(\.promptIsDue) { promptBecameDue(due) }
        if timers.hasRunOut(\.pollIsDue) { poll(wait: timers.untilPromptIsDue) }
        if timers.hasRunOut(\.pollEnds) {
            net.stopPolling()
            events.append(.pollFailed(.outage))
        }
    }

    /// Delays the prompt while the outage may let the user in a moment later.
    private mutating func promptBecameDue(_ due: Int64) {
        let mayBeExcused = settings.outage == .allow && user?.account.hasSoftToken != true
        if isCreating, mayBeExcused, !timers.isPromptHeld {
            timers.isPromptHeld = true
            timers.promptIsDue = due + Self.restartTime
        } else {
            events.append(.promptIsDue)
        }
    }

    private mutating func hearModule() {
        switch module.receive() {
        case .nothing: return
        case .interrupted: events.append(.interrupted)
        case .enterPressed: events.append(.enterPressed)
        case .disconnected: events.append(.disconnected)
        case .answered(let typed):
            codes.answered = now()
            if asksForRecovery {
                events.append(.recoveryTyped(RecoveryInput(typed)))
            } else {
                events.append(.answered(PromptInput(typed)))
            }
        case .gone:
            detail = "the login program went away"
            finish(Decision(.denied, .cancelled))
        }
    }

    /// Refunds a request that was never sent and a code that could not be checked.
    ///
    /// Two codes are not refunded: one that is wrong for this host's SoftToken, which was checked here, and one that
    /// the server answered with a limit, since it may have checked the code
    /// (docs/develop/adr/0011-what-is-sent-again.md).
    private mutating func refund(_ event: LoginFlow.Event, after result: NetResult) throws {
        guard let user else { return }
        let isUnsent = if case .unreached = result { true } else { false }
        switch event {
        case .createFailed(let error) where isUnsent || error == .noDevice:
            guard let id = push else { return }
            push = nil
            try user.accounts.endPush(id, as: .failed, now: now())
        case .verifyFailed(let error)
        where error != .limited && (!user.account.hasSoftToken || !rules.factors.contains(.softToken)):
            try user.accounts.refundTry(user.person, rules: settings.lockout)
            codes.tries -= 1
        default: return
        }
    }
}

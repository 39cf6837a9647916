internal import CSyscalls
public import ServerSettings

/// One try of one gateway, for the delivery records.
public struct DeliveryAttempt: Equatable, Sendable {
    /// What the settings call it.
    public let gateway: String
    public let succeeded: Bool
    /// A few plain words and the other side's status; never the code, the text or the address.
    public let detail: String
    public let milliseconds: Int
}

/// Brings OneCodes to people, by the gateways of the settings in their order.
public struct Courier: Sendable {
    private let carriers: [Carrier]
    private let clock: Clock

    /// Reads the secrets that the gateways name.
    /// - Parameter log: writes a message to the log, code and all, for gateways of that type.
    public init(gateways: [Gateway], outgoing: Outgoing, log: @escaping @Sendable (OneCodeMessage) -> Void)
        throws(DeliveryError)
    {
        var carriers: [Carrier] = []
        for gateway in gateways { carriers.append(try Carrier(gateway, outgoing: outgoing, log: log)) }
        self.init(carriers: carriers, clock: .real)
    }

    package init(carriers: [Carrier], clock: Clock) {
        self.carriers = carriers
        self.clock = clock
    }

    /// Whether any gateway carries such messages.
    public func canSend(_ kind: Gateway.Kind) -> Bool { carriers.contains { $0.kinds.contains(kind) } }

    /// Tries the gateways in order until one takes the message, for 45 seconds at the most. It goes on when the caller's task is cancelled.
    /// - Returns: every try; the message is on its way where the last one succeeded. Empty: no gateway carries such messages.
    public func deliver(_ message: OneCodeMessage) async -> [DeliveryAttempt] {
        await Task { await attempts(message) }.value
    }

    private func attempts(_ message: OneCodeMessage) async -> [DeliveryAttempt] {
        let carriers = carriers.filter { $0.kinds.contains(message.kind) }
        if let fault = message.fault {
            return carriers.prefix(1).map {
                DeliveryAttempt(gateway: $0.name, succeeded: false, detail: fault, milliseconds: 0)
            }
        }
        var tries = Tries(carriers.map(\.rule), at: clock.now())
        var attempts: [DeliveryAttempt] = []
        let id = UUIDText.random()
        while true {
            switch tries.next(at: clock.now()) {
            case .end: return attempts
            case .pause(let milliseconds): await clock.pause(milliseconds)
            case .attempt(let gateway, let milliseconds):
                guard let carrier = carriers.dropFirst(gateway).first else { return attempts }
                let (attempt, verdict) = await attempt(
                    carrier, Carrier.Load(message: message, id: id, timeout: milliseconds))
                attempts.append(attempt)
                tries.record(verdict)
            }
        }
    }

    private func attempt(_ carrier: Carrier, _ load: Carrier.Load) async -> (DeliveryAttempt, Verdict) {
        let start = clock.now()
        let verdict = await carrier.carry(load)
        let succeeded = if case .taken = verdict { true } else { false }
        let took = Int(clamping: max(0, clock.now() - start))
        return (
            DeliveryAttempt(gateway: carrier.name, succeeded: succeeded, detail: verdict.detail, milliseconds: took),
            verdict
        )
    }

    /// Time, so that tests have their own.
    package struct Clock: Sendable {
        /// Milliseconds of a clock that does not jump.
        package var now: @Sendable () -> Int64
        package var pause: @Sendable (Int) async -> Void

        package init(now: @escaping @Sendable () -> Int64, pause: @escaping @Sendable (Int) async -> Void) {
            self.now = now
            self.pause = pause
        }

        static let real = Clock(now: { system_now() }, pause: { try? await Task.sleep(for: .milliseconds($0)) })
    }
}

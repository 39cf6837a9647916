internal import CSyscalls
public import ServerSettings

/// One try by one gateway, as it goes into the delivery records.
public struct DeliveryAttempt: Equatable, Sendable {
    /// The gateway's name in the settings.
    public let gateway: String
    /// Whether the gateway accepted the message.
    public let succeeded: Bool
    /// A few plain words and the status of the other side; never the code, the text or the address.
    public let detail: String
    /// How long the try took; 0 if nothing was tried.
    public let milliseconds: Int
}

/// Delivers OneCodes through the configured gateways, in the order of the settings.
public struct GatewayFailover: Sendable {
    private let carriers: [GatewayClient]
    private let clock: Clock

    /// Creates a courier, and reads the secrets that the gateways name.
    ///
    /// - Parameters:
    ///   - gateways: the gateways of the settings, in the order in which they are tried.
    ///   - outgoing: sends the requests and runs the programs.
    ///   - log: writes a message to the log, with its code, for gateways of type `log`.
    /// - Throws: `DeliveryError` if a gateway's settings or its secret cannot be used.
    public init(gateways: [Gateway], outgoing: OutgoingClient, log: @escaping @Sendable (OneCodeMessage) -> Void)
        throws(DeliveryError)
    {
        var carriers: [GatewayClient] = []
        for gateway in gateways { carriers.append(try GatewayClient(gateway, outgoing: outgoing, log: log)) }
        self.init(carriers: carriers, clock: .real)
    }

    /// Creates a courier from ready gateways and a clock, for tests.
    ///
    /// - Parameters:
    ///   - carriers: the gateways, in the order in which they are tried.
    ///   - clock: the time and the pauses between tries.
    package init(carriers: [GatewayClient], clock: Clock) {
        self.carriers = carriers
        self.clock = clock
    }

    /// Returns whether any gateway carries messages of this kind.
    public func canSend(_ kind: Gateway.Kind) -> Bool { carriers.contains { $0.kinds.contains(kind) } }

    /// Tries the gateways in order until one accepts the message, for 45 seconds at most.
    ///
    /// Delivery continues if the caller's task is cancelled.
    ///
    /// - Returns: every try, in order. The message is on its way if the last one succeeded. The array is empty if no
    ///   gateway carries messages of this kind.
    public func deliver(_ message: OneCodeMessage) async -> [DeliveryAttempt] {
        await Task { await attempts(message) }.value
    }

    private func attempts(_ message: OneCodeMessage) async -> [DeliveryAttempt] {
        let carriers = carriers.filter { $0.kinds.contains(message.kind) }
        if let reason = message.refusalReason {
            return carriers.prefix(1).map {
                DeliveryAttempt(gateway: $0.name, succeeded: false, detail: reason, milliseconds: 0)
            }
        }
        var tries = RetryPolicy(carriers.map(\.rule), at: clock.now())
        var attempts: [DeliveryAttempt] = []
        let id = UUIDText.random()
        while true {
            switch tries.next(at: clock.now()) {
            case .end: return attempts
            case .pause(let milliseconds): await clock.pause(milliseconds)
            case .attempt(let gateway, let milliseconds):
                guard let client = carriers.dropFirst(gateway).first else { return attempts }
                let (attempt, result) = await attempt(
                    by: client, at: GatewayClient.DeliveryJob(message: message, id: id, timeout: milliseconds))
                attempts.append(attempt)
                tries.record(result)
            }
        }
    }

    private func attempt(by client: GatewayClient, at job: GatewayClient.DeliveryJob) async -> (
        DeliveryAttempt, GatewayResult
    ) {
        let start = clock.now()
        let result = await client.carry(job)
        let succeeded = if case .accepted = result { true } else { false }
        let took = Int(clamping: max(0, clock.now() - start))
        return (
            DeliveryAttempt(gateway: client.name, succeeded: succeeded, detail: result.detail, milliseconds: took),
            result
        )
    }

    /// The time and the pauses between tries, replaceable in tests.
    package struct Clock: Sendable {
        /// Returns milliseconds of a monotonic clock.
        package var now: @Sendable () -> Int64
        /// Suspends the caller for a number of milliseconds.
        package var pause: @Sendable (Int) async -> Void

        /// Creates a clock.
        ///
        /// - Parameters:
        ///   - now: returns milliseconds of a monotonic clock.
        ///   - pause: suspends the caller for a number of milliseconds.
        package init(now: @escaping @Sendable () -> Int64, pause: @escaping @Sendable (Int) async -> Void) {
            self.now = now
            self.pause = pause
        }

        static let real = Clock(now: { system_now() }, pause: { try? await Task.sleep(for: .milliseconds($0)) })
    }
}

internal import HTTPTransport

/// One HTTP connection to one server, as far as HTTP allows, in one thread.
final class Connection {
    /// A request that waits for the addresses of the host.
    private struct Unresolved {
        let request: HTTPRequest
        /// When to give up the request, and when the connection.
        let ends: Int64
        let connectEnds: Int64
    }

    private let server: ServerAddress
    private let now: () -> Int64
    private let loop: TransferLoop?
    private let host: NamedHost?
    private let resolver: Resolver?
    private var transfer: Transfer?
    private var unresolved: Unresolved?
    /// What the last response to a request that wants it says of the server.
    private(set) var facts: ServerFacts?
    /// A result that needs no work.
    private var result: HTTPResult?

    /// Sets up libcurl; `now` returns milliseconds of a clock that does not jump.
    init(server: ServerAddress, now: @escaping () -> Int64) {
        self.server = server
        self.now = now
        // A new connection replaces the one before.
        let loop = TransferLoop(idleConnections: 1)
        self.loop = loop
        let host = NamedHost(server)
        self.host = host
        // A lookup keeps the loop: it may end when nobody waits for it.
        resolver = loop.flatMap { loop in host.map { Resolver(host: $0.name) { loop.wake() } } }
    }

    var isBusy: Bool { transfer != nil || unresolved != nil || result != nil }

    func start(_ request: HTTPRequest) {
        abandon()
        let time = now()
        let connectTimeout = min(request.timeout, server.connectTimeout * 1_000)
        let waiting = Unresolved(
            request: request, ends: time + Int64(request.timeout), connectEnds: time + Int64(connectTimeout))
        guard let resolver else { return send(waiting, to: []) }
        resolver.begin(at: time)
        unresolved = waiting
    }

    /// Ends the current exchange, and with HTTP/1.1 its connection.
    func abandon() {
        unresolved = nil
        result = nil
        guard let transfer else { return }
        loop?.remove(transfer)
        self.transfer = nil
    }

    /// Works until the exchange is over, the descriptor is readable, or the time is over.
    ///
    /// - Parameters:
    ///   - descriptor: a descriptor to watch, or -1.
    ///   - milliseconds: how long to work.
    /// - Returns: the result once, when there is one, and whether the descriptor is readable.
    func work(watching descriptor: CInt, milliseconds: Int) -> (result: HTTPResult?, readable: Bool) {
        let due = resolve() ?? Int64(milliseconds)
        if let result = perform() { return (result, false) }
        let isReadable = loop?.wait(milliseconds: CInt(clamping: min(due, Int64(milliseconds))), watching: descriptor)
        if isReadable == nil, isBusy {
            abandon()
            return (.failed(HTTPFailure(kind: .broken, reason: "libcurl failed")), false)
        }
        _ = resolve()
        return (perform(), isReadable ?? false)
    }

    /// Continues a request that waits for addresses; returns the milliseconds until the next call, or nil if nothing
    /// waits.
    private func resolve() -> Int64? {
        guard let unresolved, let resolver, let host else { return nil }
        let time = now()
        switch resolver.outcome(at: time) {
        case .addresses(let addresses): send(unresolved, to: addresses)
        case .failed(let reason, let isOurs):
            let kind: HTTPFailure.Kind = if isOurs { .broken } else { .unreached }
            fail("\(host.name) cannot be resolved: \(reason)", kind: kind, mayPass: true)
        case .pending where time >= unresolved.connectEnds: fail("\(host.name) is not resolved in time")
        case .pending(let until): return max(1, min(until ?? unresolved.connectEnds, unresolved.connectEnds) - time)
        }
        return nil
    }

    private func fail(_ reason: String, kind: HTTPFailure.Kind = .unreached, mayPass: Bool = false) {
        unresolved = nil
        result = .failed(HTTPFailure(kind: kind, reason: reason, isUnsent: true, mayPass: mayPass))
    }

    private func send(_ waiting: Unresolved, to addresses: [String]) {
        unresolved = nil
        let time = now()
        let resolved = host.map { "\($0.name):\($0.port):\(addresses.joined(separator: ","))" }
        let transfer = Transfer(
            waiting.request.transfer,
            to: server.target(path: waiting.request.path, resolved: addresses.isEmpty ? nil : resolved),
            limits: TransferLimits(
                milliseconds: Int(waiting.ends - time), connectMilliseconds: Int(waiting.connectEnds - time)))
        if let loop, let transfer, loop.add(transfer) {
            self.transfer = transfer
        } else {
            result = .failed(HTTPFailure(kind: .broken, reason: "libcurl failed"))
        }
    }

    /// Advances the exchange, and returns its result if there is one.
    private func perform() -> HTTPResult? {
        let ended = loop?.perform() ?? []
        if let result {
            self.result = nil
            return result
        }
        guard let transfer, let one = ended.first(where: { $0.transfer === transfer }) else { return nil }
        self.transfer = nil
        if case .response(let response) = one.result {
            facts = ServerFacts(time: response.date, certificatesEnd: response.certificatesEnd)
        }
        return HTTPResult(one.result)
    }
}

internal import AuthyService
internal import CommandSupport
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Identifiers
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServerSettings
internal import ServiceLifecycle
internal import UnixSignals

/// Runs the server: its listeners, the services beside them, and the order in which they end.
struct Serving {
    let service: APIService
    let outbox: OutboxDispatcher
    let log: Logger
    /// Throws if the database file was removed or replaced, since anything written then would be lost.
    let requireDatabase: @Sendable () throws -> Void

    /// The limit of the metrics listener, which serves one or a few scrapers.
    private static let connectionsOfMetrics = 16
    /// Open files beside client connections: the database, event loops, outgoing calls and programs.
    private static let otherFiles = 512

    /// How long the listeners stay open after a signal, with and without a monitor of `/readyz`.
    ///
    /// The first is long enough for the monitor to see it, the second short enough for a restart.
    private static let (monitorDelay, shortMonitorDelay) = (Duration.seconds(2), Duration.milliseconds(300))

    /// Runs until SIGTERM or SIGINT.
    ///
    /// `/readyz` fails first; then waiting reads are answered, and the listeners close.
    func run() async throws {
        let settings = service.settings
        let proxies = Proxies(trusted: settings.server.trustedProxies.compactMap { Network($0) })
        let readiness = Readiness(service)
        let responder = RootResponder(
            service: service, readiness: readiness,
            pages: Pages(isTLS: settings.server.publicURL?.hasPrefix("https:") ?? false),
            proxies: proxies)
        let certificate = try settings.server.certificate.map { try Certificate($0) }
        // With behind_proxy, only proxies connect.
        let most: Int? = if settings.server.behindProxy { nil } else { settings.limits.connectionsOfAddress }
        for listener in bound { try listener.requireFree("listen") }
        try settings.server.metrics?.requireFree("metrics")
        let connections = try connectionsOfListener()
        let limiter = ConnectionLimiter(mostOfAddress: most, connections: connections, proxies: proxies) {
            [service] event, thing, metadata in
            service.rateLimitedLog.warn(event, about: thing, metadata: metadata, at: service.limitTime())
        }
        var listeners: [any Service] = bound.enumerated().map { number, listener in
            application(
                listener, responder: responder, certificate: certificate, limiter: limiter,
                connections: (number, connections), mode: 0o666)
        }
        if let place = settings.server.metrics {
            for gateway in settings.gateways {
                for kind in gateway.kinds { service.metrics.expectDeliveries(by: gateway.name, kind: kind.rawValue) }
            }
            let responder = MetricsResponder(service: service, certificate: certificate)
            listeners.append(
                application(
                    place, responder: responder, certificate: nil, limiter: limiter,
                    connections: (bound.count, Self.connectionsOfMetrics), mode: 0o660))
        }
        let upkeep = Upkeep(service: service, certificate: certificate, log: log, requireDatabase: requireDatabase)
        var quiet = log
        quiet.logLevel = .error
        var configuration = ServiceGroupConfiguration(
            // Cancelling the other services at once would drop connections that are being accepted, and end the
            // process.
            services: listeners.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) } + [
                .init(service: outbox, failureTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: upkeep, failureTerminationBehavior: .gracefullyShutdownGroup),
            ], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(4)
        let group = ServiceGroup(configuration: configuration)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let ending = Task { await Self.end(group, readiness: readiness, at: signals) }
        defer { ending.cancel() }
        try await group.run()
    }

    /// Begins the shutdown at the first signal; a second one skips the time for monitors.
    private static func end(_ group: ServiceGroup, readiness: Readiness, at signals: UnixSignalsSequence) async {
        for await _ in signals {
            guard !readiness.isLeaving else {
                await group.triggerGracefulShutdown()
                continue
            }
            let wait = if readiness.isWatched { monitorDelay } else { shortMonitorDelay }
            readiness.leave()
            Task {
                try? await Task.sleep(for: wait)
                await group.triggerGracefulShutdown()
            }
        }
    }

    /// The addresses to bind, without those that another one covers, as `[::]` covers `0.0.0.0`.
    private var bound: [ServiceSettings.Listener] {
        let all = service.settings.server.listen
        return all.filter { one in !all.contains { $0.covers(one, isDual: Self.isDual) } }
    }

    /// Whether IPv6 sockets also accept IPv4 (ip(7), net.ipv6.bindv6only).
    private static let isDual: Bool = {
        let file = open("/proc/sys/net/ipv6/bindv6only", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        var digit: UInt8 = 0
        return read(file, &digit, 1) != 1 || digit != UInt8(ascii: "1")
    }()

    private func application<Responder: HTTPResponder<Context>>(
        _ listener: ServiceSettings.Listener, responder: Responder, certificate: Certificate?,
        limiter: ConnectionLimiter,
        connections: (listener: Int, most: Int), mode: mode_t
    ) -> Application<Responder> {
        let address: BindAddress
        let tls: Certificate?
        switch listener {
        case .address(let host, let port): (address, tls) = (.hostname(host, port: port), certificate)
        case .unixSocket(let path): (address, tls) = (.unixDomainSocket(path: path), nil)
        }
        var quiet = log
        quiet.logLevel = .warning
        let log = log
        let covered = service.settings.server.listen.filter { listener.covers($0, isDual: Self.isDual) }.compactMap {
            other -> String? in
            if case .address(let host, let port) = other { "\(host):\(port)" } else { nil }
        }
        return Application(
            responder: responder, server: http(certificate: tls, limiter: limiter, connections: connections),
            configuration: .init(
                address: address, serverName: nil, backlog: 4_096,
                availableConnectionsDelegate: MaximumAvailableConnections(connections.most)),
            onServerRunning: { channel in
                if case .unixSocket(let path) = listener { chmod(path, mode) }
                let place = channel.localAddress.map { $0.pathname ?? "\($0.ipAddress ?? ""):\($0.port ?? 0)" } ?? ""
                for place in [place] + covered {
                    log.notice("listening", metadata: ["address": "\(place)", "tls": "\(tls != nil)"])
                }
            }, eventLoopGroupProvider: .singleton, logger: quiet)
    }

    private func http(
        certificate: Certificate?, limiter: ConnectionLimiter, connections: (listener: Int, most: Int)
    )
        -> HTTPServerBuilder
    {
        let timeout = TimeAmount.seconds(service.settings.limits.idleTimeout)
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionGuardHandler(
                    timeout: timeout, limiter: limiter, listener: (connections.listener, connections.most))
            ],
            idleTimeout: nil, httpDecoderConfiguration: decoder)
        return HTTPServerBuilder { responder in
            let plain = HTTPChannel(base: HTTP1Channel(responder: responder, configuration: configuration))
            guard let certificate else { return plain }
            return TLSChannel(base: plain, certificate: certificate)
        }
    }

    /// Returns the limit of each listener, lowered if all of them would exceed the limit on open files.
    ///
    /// Without a free file, accepting a waiting connection fails again and again, and nothing else runs.
    private func connectionsOfListener() throws -> Int {
        let (listeners, wanted, files) = (bound.count, service.settings.limits.connections, Self.mostFiles())
        let room = (files - Self.otherFiles - Self.connectionsOfMetrics) / listeners
        let needed = wanted * listeners + Self.otherFiles + Self.connectionsOfMetrics
        guard room >= 10 else {
            throw CommandError(
                "this process may have no more than \(files) open files",
                hint: "set LimitNOFILE= or ulimit -n to \(needed)")
        }
        guard room < wanted else { return wanted }
        log.warning(
            "connections_lowered",
            metadata: ["connections": "\(room)", "reason": "LimitNOFILE= is \(files), and all of them need \(needed)"])
        return room
    }

    /// Raises the soft limit on open files to the hard limit, and returns it.
    private static func mostFiles() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return Int(clamping: before) }
        return Int(clamping: limit.rlim_max)
    }
}

/// Periodic work beside the calls: deadlines of waiting reads, the certificate, old records.
struct Upkeep: Service {
    let service: APIService
    let certificate: Certificate?
    let log: Logger
    let requireDatabase: @Sendable () throws -> Void

    func run() async throws {
        try await withGracefulShutdownHandler {
            var ticks = 0
            var mark = try? await service.changeMark()
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(250))
                do { try requireDatabase() } catch {
                    // After the throw, the shutdown handler below does not run, so waiting reads are released here.
                    service.waiters.close()
                    throw error
                }
                service.waiters.sweep(at: service.waiters.uptime())
                if let newMark = try? await service.changeMark(), newMark != mark {
                    mark = newMark
                    service.waiters.wakeAll()
                }
                ticks += 1
                if ticks % 40 == 0 {
                    certificate?.refresh(log: log)
                    service.metrics.countExpired(at: service.now())
                    try? await service.expireHostInvitations()
                }
                if ticks % 2_400 == 20 {
                    await purge()
                    try? await service.keepLimitClock()
                }
            }
            try? await service.keepLimitClock()
        } onGracefulShutdown: {
            service.waiters.close()
        }
    }

    private func purge() async {
        do {
            while try await service.purge() > 0 {}
        } catch {
            log.error("purge_failed", metadata: ["reason": "\(error)"])
        }
    }
}

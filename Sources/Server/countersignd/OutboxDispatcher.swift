internal import AuthyService
internal import AuthyWire
internal import CommandSupport
internal import Delivery
internal import Encoding
internal import Identifiers
internal import Logging
internal import Records
internal import ServerSettings
internal import ServiceLifecycle
internal import Synchronization
internal import Vault
internal import WebPush

/// Delivers everything that leaves the server, and records the results.
///
/// Codes go through gateways, notifications to phones, and decisions to applications.
final class OutboxDispatcher: Outbox, Service {
    /// How long a call waits for a slow gateway, after which the code counts as on its way; nil to wait for the result.
    private let timeout: Duration?
    private let outgoing: OutgoingClient
    private let failover: GatewayFailover
    private let hosts: [String]
    private let subject: String
    private let log: Logger
    private let service = Mutex<(APIService, VAPIDKey)?>(nil)
    private let callbackWorker = CallbackWorker()

    init(_ context: ServerContext, log: Logger, logCodes: Bool, timeout: Duration?) throws {
        self.timeout = timeout
        let settings = context.settings
        if !logCodes, let gateway = settings.gateways.first(where: { $0.type == .log }) {
            throw CommandError(
                "the gateway \(gateway.name) writes codes to the log",
                hint: "serve --insecure-log-codes allows that, for trying out only",
                code: .settings)
        }
        outgoing = try OutgoingClient(authorities: settings.authorities)
        failover = try GatewayFailover(gateways: settings.gateways, outgoing: outgoing) { message in
            log.critical(
                "insecure_code",
                metadata: ["kind": "\(message.kind.rawValue)", "to": "\(message.to)", "text": "\(message.text)"])
        }
        hosts = settings.push.hosts
        subject = settings.push.subject
        self.log = log
    }

    func begin(_ service: APIService) async throws {
        let key = try await service.vapidKey()
        self.service.withLock { $0 = (service, key) }
    }

    /// Delivers callbacks until the server ends, beginning with those that an earlier run left.
    func run() async throws {
        guard let (service, _) = service.withLock({ $0 }) else { return }
        await withGracefulShutdownHandler {
            await callbackWorker.run(service, outgoing: outgoing)
        } onGracefulShutdown: {
            self.callbackWorker.end()
            self.outgoing.shutDown()
        }
    }

    func deliverCallbacks() { callbackWorker.wake() }

    // Codes

    func canSend(_ kind: OneCode.Kind) -> Bool {
        Gateway.Kind(rawValue: kind.rawValue).map { failover.canSend($0) } ?? false
    }

    func send(_ message: OneCode) async -> Bool {
        guard let kind = Gateway.Kind(rawValue: message.kind.rawValue) else { return false }
        let delivery = OneCodeMessage(
            kind: kind, to: message.to, code: message.code, subject: message.subject, text: message.text,
            application: message.applicationName,
            locale: message.locale)
        guard let timeout else {
            let attempts = await failover.deliver(delivery)
            await record(attempts, of: message)
            return attempts.last?.succeeded ?? false
        }
        let (results, result) = AsyncStream.makeStream(of: Bool.self)
        Task {
            let attempts = await failover.deliver(delivery)
            result.yield(attempts.last?.succeeded ?? false)
            await record(attempts, of: message)
        }
        Task {
            try? await Task.sleep(for: timeout)
            result.yield(true)
            result.finish()
        }
        return await results.first { _ in true } ?? false
    }

    private func record(_ attempts: [DeliveryAttempt], of message: OneCode) async {
        guard let (service, _) = service.withLock({ $0 }) else { return }
        let now = service.now()
        for attempt in attempts {
            service.metrics.countDelivery(
                by: attempt.gateway, kind: message.kind.rawValue, succeeded: attempt.succeeded)
        }
        let records = attempts.map {
            DeliveryRecord(
                at: now, application: message.application, user: message.user, kind: message.kind.rawValue,
                gateway: $0.gateway,
                succeeded: $0.succeeded,
                detail: $0.detail, milliseconds: Int64($0.milliseconds))
        }
        for record in records where !record.succeeded {
            log.warning(
                "delivery_failed",
                metadata: ["gateway": "\(record.gateway)", "kind": "\(record.kind)", "reason": "\(record.detail)"])
        }
        await write { for record in records { try $0.add(record) } }
    }

    private func write(_ body: @escaping @Sendable (any RecordWriting) throws -> Void) async {
        guard let (service, _) = service.withLock({ $0 }) else { return }
        do {
            try await service.store.write(body)
        } catch {
            log.error("record_failed", metadata: ["reason": "\(error)"])
        }
    }

    // Notifications

    func mayPush(to endpoint: String) -> Bool { OutgoingClient.mayCall(endpoint, hosts: hosts) }

    func notify(_ notification: Notification) {
        Task {
            guard let (service, key) = service.withLock({ $0 }) else { return }
            let devices = (try? await service.store.read { try $0.devices(of: notification.user) }) ?? []
            for device in devices where device.confirmed != nil && device.removed == nil {
                if let push = device.push {
                    Task { await self.push(notification, to: device, push: push, key: key, service: service) }
                }
            }
        }
    }

    private func push(
        _ notification: Notification, to device: Device, push: Device.Push, key: VAPIDKey, service: APIService
    ) async {
        let now = service.now()
        guard let subscription = PushSubscription(publicKey: push.publicKey, authentication: push.authentication),
            let request = try? request(
                notification, endpoint: push.endpoint, subscription: subscription, key: key, at: now)
        else { return }
        let begun = ContinuousClock.now
        let result = await outgoing.send(request)
        let milliseconds = max(1, Int64((ContinuousClock.now - begun) / .milliseconds(1)))
        let status: Int? = if case .response(let response) = result { response.status } else { nil }
        let succeeded = status.map { (200...299).contains($0) } ?? false
        service.metrics.countPush(Self.result(of: status))
        await write { records in
            let detail = status.map { "status \($0)" } ?? "not reached"
            try records.add(
                DeliveryRecord(
                    at: now, application: notification.application, user: notification.user, kind: "push",
                    gateway: "web push",
                    succeeded: succeeded,
                    detail: detail, milliseconds: milliseconds))
            if succeeded, var approval = try records.approval(notification.request), !approval.notified {
                approval.notified = true
                try records.put(approval)
            }
            // The subscription is gone (RFC 8030, section 7.3).
            if status == 404 || status == 410, var current = try records.device(device.id), current.push == push {
                current.push = nil
                try records.put(current)
            }
        }
    }

    private static func result(of status: Int?) -> Metrics.PushResult {
        guard let status else { return .unreached }
        return switch status {
        case 200...299: .accepted
        // The subscription is gone (RFC 8030, section 7.3).
        case 404, 410: .gone
        default: .refused
        }
    }

    private func request(
        _ notification: Notification, endpoint: String, subscription: PushSubscription, key: VAPIDKey,
        at now: Int64
    ) throws -> OutgoingRequest {
        let content: JSONValue = [
            "id": .string(notification.request.description), "title": .string(notification.title),
            "body": .string(notification.body), "ends": .integer(orNull: notification.ends),
        ]
        let life = notification.ends.map { max(0, min($0 - now, 86_400)) } ?? 86_400
        guard let origin = OutgoingClient.origin(of: endpoint) else { throw CommandError("no origin") }
        let authorization = try key.authorization(audience: origin, subject: subject, expires: now + 12 * 3_600)
        return OutgoingRequest(
            url: endpoint,
            headers: [
                ("Authorization", authorization), ("Content-Encoding", "aes128gcm"),
                ("Content-Type", "application/octet-stream"),
                ("TTL", String(life)), ("Urgency", "high"),
            ],
            body: try PushMessage.encrypt(Array(content.serialized().utf8), for: subscription), timeout: 10_000,
            allowedHosts: hosts)
    }
}

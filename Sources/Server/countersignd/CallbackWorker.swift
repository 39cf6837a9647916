internal import AuthyService
internal import AuthyWire
internal import Delivery
internal import Identifiers
internal import Logging
internal import Records
internal import Synchronization

/// Delivers callbacks about decisions to applications.
///
/// Each callback has a task of its own, so that an application that does not respond delays no other. Pending callbacks
/// are in the store, and are delivered after a restart.
final class CallbackWorker: Sendable {
    /// Seconds before each try; after the last one, the application must poll.
    private static let pauses = [0, 1, 10, 60]
    private static let batch = 1_000

    private let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let underWay = Mutex<Set<ApprovalRequestID>>([])
    private let nonces = Mutex((second: Int64(0), count: 0))

    init() { (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Looks for new callbacks.
    func wake() { continuation.yield() }

    func end() { continuation.finish() }

    /// Runs until `end`; a callback that is under way then is delivered after the next start.
    func run(_ service: APIService, outgoing: OutgoingClient) async {
        wake()
        await withDiscardingTaskGroup { group in
            for await _ in wakes {
                let due = (try? await service.store.read { try $0.approvalsWithDueCallback(limit: Self.batch) }) ?? []
                for approval in due where underWay.withLock({ $0.insert(approval.id).inserted }) {
                    group.addTask {
                        await self.deliver(
                            approval, service: service, outgoing: outgoing, isBatchFull: due.count == Self.batch)
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func deliver(_ approval: Approval, service: APIService, outgoing: OutgoingClient, isBatchFull: Bool) async {
        var state = Approval.CallbackState.failed
        for pause in Self.pauses {
            if pause > 0 { try? await Task.sleep(for: .seconds(pause)) }
            guard !Task.isCancelled else { return }
            if await isDelivered(approval, service: service, outgoing: outgoing) {
                state = .done
                break
            }
        }
        guard !Task.isCancelled else { return }
        if state == .failed { service.log.error("callback_failed", metadata: ["request": "\(approval.id)"]) }
        service.metrics.countCallback(succeeded: state == .done)
        let outcome = state
        try? await service.store.write { records in
            guard var approval = try records.approval(approval.id) else { return }
            approval.callbackState = outcome
            try records.put(approval)
        }
        underWay.withLock { _ = $0.remove(approval.id) }
        if isBatchFull { wake() }
    }

    private func isDelivered(_ approval: Approval, service: APIService, outgoing: OutgoingClient) async -> Bool {
        let found = try? await service.store.read { records in
            (
                try records.application(approval.application),
                try approval.answer.flatMap { try records.device($0.device) }
            )
        }
        // A revoked application, or one without a callback, gets nothing.
        guard let callback = found?.0?.callback, found?.0?.revoked == nil,
            let key = try? await service.signingKey(of: approval.application)
        else {
            return true
        }
        let request = request(Callback(approval, device: found?.1), target: callback, key: key, at: service.now())
        guard case .response(let response) = await outgoing.send(request) else { return false }
        return (200...299).contains(response.status)
    }

    private func request(_ callback: Callback, target: Application.Callback, key: [UInt8], at now: Int64)
        -> OutgoingRequest
    {
        let nonce = nonce(at: now)
        func headers(_ signature: String) -> [(name: String, value: String)] {
            [(Header.signature, signature), (Header.signatureNonce, nonce)]
        }
        switch target.method {
        case .post:
            let (body, signature) = callback.post(to: target.url, nonce: nonce, key: key)
            return OutgoingRequest(
                url: target.url, headers: headers(signature) + [("Content-Type", "application/json")],
                body: Array(body.utf8),
                timeout: 10_000)
        case .get:
            let (url, signature) = callback.get(target.url, nonce: nonce, key: key)
            return OutgoingRequest(url: url, method: .get, headers: headers(signature), timeout: 10_000)
        }
    }

    /// Returns Unix time with six decimals that count calls in the same second, since receivers reject a nonce they
    /// have seen.
    private func nonce(at now: Int64) -> String {
        let (second, count) = nonces.withLock { last in
            last = if now > last.second { (now, 0) } else { (last.second, last.count + 1) }
            return last
        }
        let decimals = String(count % 1_000_000)
        return "\(second)." + String(repeating: "0", count: max(0, 6 - decimals.utf8.count)) + decimals
    }
}

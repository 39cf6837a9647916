internal import AuthyService
internal import CommandSupport
internal import Encoding
internal import Hummingbird
internal import Records
internal import Synchronization

/// The responder of `/metrics`, on a listener of its own, so that a proxy does not expose it by accident.
struct MetricsResponder: HTTPResponder {
    let service: APIService
    let certificate: Certificate?
    private let devices = DeviceCount()

    init(service: APIService, certificate: Certificate?) {
        self.service = service
        self.certificate = certificate
    }

    func respond(to request: Request, context _: Context) async -> Response {
        guard request.head.path == "/metrics" else { return .text("only /metrics is here\n", status: .notFound) }
        var response = Response.text(await page())
        response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
        return response
    }

    private func page() async -> String {
        var page = PrometheusText()
        page.add(
            "countersign_build_info", .gauge, help: "The version of the server; always 1.",
            samples: [.init(1, labels: [("version", Usage.version)])])
        service.metrics.countExpired(at: service.now())
        service.metrics.write(to: &page)
        page.add(
            "countersign_waiting", .gauge, help: "Reads that wait for a decision.", value: Int64(service.waiters.count))
        if let count = await devices.current(in: service) {
            page.add("countersign_devices", .gauge, help: "Phones that are confirmed and not removed.", value: count)
        }
        if let certificate {
            page.add(
                "countersign_certificate_expiry_timestamp_seconds", .gauge,
                help: "When the first certificate of the chain in use ends, as Unix time.", value: certificate.expiry)
        }
        ProcessMetrics.write(to: &page)
        return page.text
    }
}

/// The number of phones, counted once in a minute: counting a million rows takes a while.
private final class DeviceCount: Sendable {
    private let last = Mutex<(at: ContinuousClock.Instant, count: Int64)?>(nil)

    /// Returns the number; nil if the records cannot be read.
    func current(in service: APIService) async -> Int64? {
        if let last = last.withLock({ $0 }), .now - last.at < .seconds(60) { return last.count }
        guard let count = try? await service.store.read({ try $0.deviceCount() }) else { return nil }
        last.withLock { $0 = (.now, count) }
        return count
    }
}

public import Encoding
public import Identifiers
internal import Synchronization

/// What the server has counted since it started, for Prometheus (docs/admin/monitoring.md).
///
/// The values of labels are bounded: no user, no address and no application is one.
public final class Metrics: Sendable {
    /// How an approval request ended.
    public enum ApprovalOutcome: String, Sendable, CaseIterable {
        case approved, denied, cancelled, expired
        /// Approved with another number than the login showed, which denies it.
        case wrongNumber = "wrong_number"
    }

    /// What became of a code that an application had checked.
    public enum CodeResult: String, Sendable, CaseIterable {
        case accepted, wrong, spent, expired
        /// Not checked, after too many wrong ones.
        case limited
        /// The confirmation code of a new phone, which another code must confirm.
        case unconfirmed
    }

    /// What a push service did with a notification.
    public enum PushResult: String, Sendable, CaseIterable {
        case accepted, refused, unreached
        /// The subscription has ended.
        case gone
    }

    /// The part of the server that a request is for; one that may wait for a decision is counted apart.
    public enum Part: String, Sendable, CaseIterable { case api, phone, page, health, waiting, other }

    /// The upper bounds of the histogram, in milliseconds.
    private static let bounds: [Int64] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]
    /// The word for a code of which it is not known what it was meant to be.
    private static let anyKind = "any"

    private struct CodeLabels: Hashable {
        let kind: String
        let result: CodeResult
    }

    private struct DeliveryLabels: Hashable {
        let gateway: String
        let kind: String
        let succeeded: Bool
    }

    private struct Durations {
        var counts = [Int64](repeating: 0, count: Metrics.bounds.count + 1)
        var seconds = 0.0
    }

    private struct State {
        var approvals = zeros(ApprovalOutcome.self)
        var codes: [CodeLabels: Int64] = [:]
        var deliveries: [DeliveryLabels: Int64] = [:]
        var pushes = zeros(PushResult.self)
        var callbacks = [true: Int64(0), false: 0]
        /// Others come when they are first sent.
        var statuses = [200: Int64(0), 500: 0, 503: 0]
        var durations: [Part: Durations] = [:]
        /// The requests that end by themselves, and when.
        var pending: [ApprovalRequestID: Int64] = [:]
    }

    private static func zeros<Label: Hashable & CaseIterable>(_: Label.Type) -> [Label: Int64] {
        Dictionary(Label.allCases.map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
    }

    private let state = Mutex(State())

    /// Makes counters that are all zero.
    ///
    /// Those that come to be known only later are at zero from the start, so that their first increase is seen.
    public init() {
        state.withLock { state in
            for kind in ["softtoken", "onecode", "confirmation"] {
                state.codes[.init(kind: kind, result: .accepted)] = 0
            }
            for result in [CodeResult.wrong, .spent, .limited] {
                state.codes[.init(kind: Self.anyKind, result: result)] = 0
            }
        }
    }

    /// Expects deliveries by a gateway: its counters begin at zero.
    public func expectDeliveries(by gateway: String, kind: String) {
        state.withLock { state in
            for succeeded in [true, false] {
                state.deliveries[.init(gateway: gateway, kind: kind, succeeded: succeeded), default: 0] += 0
            }
        }
    }

    /// Notes a new approval request, so that its expiry is counted; one without an end never expires.
    public func created(_ request: ApprovalRequestID, ends: Int64?) {
        guard let ends else { return }
        state.withLock { $0.pending[request] = ends }
    }

    /// Counts the end of an approval request.
    public func ended(_ request: ApprovalRequestID, as outcome: ApprovalOutcome) {
        state.withLock { state in
            state.pending[request] = nil
            state.approvals[outcome, default: 0] += 1
        }
    }

    /// Counts the requests that have expired.
    ///
    /// - Parameter now: Unix time in seconds.
    public func countExpired(at now: Int64) {
        state.withLock { state in
            let open = state.pending.filter { $0.value >= now }
            state.approvals[.expired, default: 0] += Int64(state.pending.count - open.count)
            state.pending = open
        }
    }

    /// Counts a code; `kind` is nil if it is not known what it was meant to be.
    public func countCode(_ kind: String?, _ result: CodeResult) {
        state.withLock { $0.codes[.init(kind: kind ?? Self.anyKind, result: result), default: 0] += 1 }
    }

    /// Counts a try of a gateway.
    public func countDelivery(by gateway: String, kind: String, succeeded: Bool) {
        state.withLock { $0.deliveries[.init(gateway: gateway, kind: kind, succeeded: succeeded), default: 0] += 1 }
    }

    /// Counts a notification.
    public func countPush(_ result: PushResult) { state.withLock { $0.pushes[result, default: 0] += 1 } }

    /// Counts a callback when it is delivered, or given up.
    public func countCallback(succeeded: Bool) { state.withLock { $0.callbacks[succeeded, default: 0] += 1 } }

    /// Counts a request by HTTP and its duration.
    public func countRequest(to part: Part, status: Int, seconds: Double) {
        let slot = Self.bounds.firstIndex { seconds * 1_000 <= Double($0) } ?? Self.bounds.count
        state.withLock { state in
            state.statuses[status, default: 0] += 1
            state.durations[part, default: Durations()].counts[slot] += 1
            state.durations[part]?.seconds += seconds
        }
    }

    /// Adds all counters to a text.
    ///
    /// - Parameter page: The text.
    public func write(to page: inout PrometheusText) {
        let state = state.withLock { $0 }
        page.add(
            "countersign_approvals_total", .counter, help: "Approval requests by how they ended.",
            samples: Self.samples(state.approvals, label: "outcome"))
        page.add(
            "countersign_codes_total", .counter, help: "Codes that were checked, by kind and result.",
            samples: state.codes.map { labels, count in
                (["kind": labels.kind, "result": labels.result.rawValue], count)
            }.sortedSamples)
        page.add(
            "countersign_deliveries_total", .counter, help: "Tries to send a code, by gateway, kind and result.",
            samples: state.deliveries.map { labels, count in
                (["gateway": labels.gateway, "kind": labels.kind, "result": Self.word(labels.succeeded)], count)
            }.sortedSamples)
        page.add(
            "countersign_push_total", .counter, help: "Notifications to phones, by what the push service did.",
            samples: Self.samples(state.pushes, label: "result"))
        page.add(
            "countersign_callbacks_total", .counter, help: "Callbacks to applications by result.",
            samples: state.callbacks.map { (["result": Self.word($0)], $1) }.sortedSamples)
        page.add(
            "countersign_requests_total", .counter, help: "Requests by HTTP status.",
            samples: state.statuses.map { (["code": String($0)], $1) }.sortedSamples)
        page.add(
            "countersign_request_duration_seconds", .histogram,
            help: "Time to answer a request, by part of the server; waiting: those that may wait for a decision.",
            samples: Part.allCases.flatMap { Self.samples(state.durations[$0] ?? Durations(), of: $0) })
    }

    private static func word(_ succeeded: Bool) -> String { succeeded ? "accepted" : "failed" }

    private static func samples<Label: RawRepresentable<String>>(_ counts: [Label: Int64], label: String)
        -> [PrometheusText.Sample]
    {
        counts.map { ([label: $0.rawValue], $1) }.sortedSamples
    }

    private static func samples(_ durations: Durations, of part: Part) -> [PrometheusText.Sample] {
        let label = (name: "part", value: part.rawValue)
        var (sum, samples) = (Int64(0), [PrometheusText.Sample]())
        for (number, count) in durations.counts.enumerated() {
            sum += count
            let bound = if number < bounds.count { "\(Double(bounds[number]) / 1_000)" } else { "+Inf" }
            samples.append(.init(sum, labels: [label, (name: "le", value: bound)], suffix: "_bucket"))
        }
        return samples + [
            .init(seconds: durations.seconds, labels: [label], suffix: "_sum"),
            .init(sum, labels: [label], suffix: "_count"),
        ]
    }
}

extension [([String: String], Int64)] {
    /// The counts in the order of their labels.
    fileprivate var sortedSamples: [PrometheusText.Sample] {
        let rows = map { labels, count in
            (labels: labels.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }, count: count)
        }
        return rows.sorted { one, other in
            one.labels.map(\.value).lexicographicallyPrecedes(other.labels.map(\.value))
        }.map { .init($0.count, labels: $0.labels) }
    }
}

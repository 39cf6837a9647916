internal import Synchronization

/// Counters in Prometheus' text format 0.0.4.
final class Metrics: Sendable {
    private let answers = Mutex<[Int: Int]>([:])

    func count(_ status: Int) { answers.withLock { $0[status, default: 0] += 1 } }

    func text(waiting: Int) -> String {
        let answers = answers.withLock { $0 }.sorted { $0.key < $1.key }
        return """
            # HELP countersignd_answers_total Answers by HTTP status.
            # TYPE countersignd_answers_total counter
            \(answers.map { "countersignd_answers_total{status=\"\($0.key)\"} \($0.value)\n" }.joined())\
            # HELP countersignd_waiting Reads that wait for a decision.
            # TYPE countersignd_waiting gauge
            countersignd_waiting \(waiting)

            """
    }
}

/// Metrics in Prometheus' text format 0.0.4.
public struct PrometheusText: Sendable {
    /// What a metric is.
    public enum Kind: String, Sendable { case counter, gauge, histogram }

    /// One value of a metric.
    public struct Sample: Sendable {
        fileprivate let suffix: String
        fileprivate let labels: [(name: String, value: String)]
        fileprivate let value: String

        /// Makes a sample.
        ///
        /// - Parameters:
        ///   - value: The value.
        ///   - labels: The labels, in the order in which they are written.
        ///   - suffix: What follows the metric's name, as `_sum` in a histogram.
        public init(_ value: Int64, labels: [(name: String, value: String)] = [], suffix: String = "") {
            (self.value, self.labels, self.suffix) = (String(value), labels, suffix)
        }

        /// Makes a sample of a fraction.
        ///
        /// - Parameters:
        ///   - value: The value.
        ///   - labels: The labels, in the order in which they are written.
        ///   - suffix: What follows the metric's name, as `_sum` in a histogram.
        public init(seconds value: Double, labels: [(name: String, value: String)] = [], suffix: String = "") {
            (self.value, self.labels, self.suffix) = ("\(value)", labels, suffix)
        }
    }

    /// The text so far, ready to be served or written to a file.
    public private(set) var text = ""

    /// Makes an empty text.
    public init() {}

    /// Adds a metric with all its samples; without samples, only its help and its type.
    ///
    /// - Parameters:
    ///   - name: The name of the metric.
    ///   - kind: What it is.
    ///   - help: One line for people.
    ///   - samples: Its values.
    public mutating func add(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += name + sample.suffix
            if !labels.isEmpty { text += "{\(labels)}" }
            text += " \(sample.value)\n"
        }
    }

    /// Adds a metric with one value and no labels.
    ///
    /// - Parameters:
    ///   - name: The name of the metric.
    ///   - kind: What it is.
    ///   - help: One line for people.
    ///   - value: Its value.
    public mutating func add(_ name: String, _ kind: Kind, help: String, value: Int64) {
        add(name, kind, help: help, samples: [Sample(value)])
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

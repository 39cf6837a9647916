internal import HTTPTypes

/// A table of routes; the first row that fits a path and a method wins.
///
/// Hummingbird's router gives other answers: docs/develop/adr/0061-what-is-our-own-in-the-server.md.
struct RouteTable<Handler: Sendable>: Sendable {
    /// One row: a method, the path, and what handles the call.
    struct Row: Sendable {
        fileprivate let methods: [HTTPRequest.Method]
        fileprivate let parts: [Part]
        fileprivate let handler: Handler

        /// Makes a row.
        ///
        /// - Parameters:
        ///   - methods: The methods of the call; empty for all of them.
        ///   - path: The parts of the path between slashes. A part that begins with a colon fits any text, even an
        ///     empty one; the last part `**` fits any number of parts.
        ///   - handler: What handles the call.
        init(_ methods: HTTPRequest.Method..., path: String, handler: Handler) {
            self.methods = methods
            parts = path.split(separator: "/").map { part in
                switch part {
                case "**": .rest
                case _ where part.hasPrefix(":"): .any
                default: .exactly(String(part))
                }
            }
            self.handler = handler
        }

        /// Returns the texts that stand for `:name` in a path; nil if the path does not fit.
        fileprivate func values(in path: ArraySlice<Substring>) -> [String]? {
            var (values, rest) = ([String](), path)
            for part in parts {
                if case .rest = part { return values }
                guard let text = rest.popFirst() else { return nil }
                switch part {
                case .any: values.append(String(text))
                case .exactly(let expected): guard text == expected else { return nil }
                case .rest: break
                }
            }
            return if rest.isEmpty { values } else { nil }
        }
    }

    fileprivate enum Part: Sendable {
        case exactly(String)
        case any, rest
    }

    /// The result of a search.
    enum Match {
        /// A row fits; the texts stand for its `:name`, from left to right.
        case found(Handler, [String])
        /// Only rows with these methods fit the path.
        case otherMethods([HTTPRequest.Method])
        /// No row fits the path.
        case unknown
    }

    private let rows: [Row]

    init(_ rows: [Row]) { self.rows = rows }

    /// Finds the row of a request.
    ///
    /// - Parameters:
    ///   - method: The method of the request.
    ///   - path: The parts of the path between slashes, as sent.
    /// - Returns: The handler of the first row that fits, or why there is none.
    func match(_ method: HTTPRequest.Method, path: ArraySlice<Substring>) -> Match {
        var others: [HTTPRequest.Method] = []
        for row in rows {
            guard let values = row.values(in: path) else { continue }
            if row.methods.isEmpty || row.methods.contains(method) { return .found(row.handler, values) }
            others += row.methods.filter { !others.contains($0) }
        }
        return if others.isEmpty { .unknown } else { .otherMethods(others) }
    }
}

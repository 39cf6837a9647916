internal import AuthyWire
internal import HTTPTransport

/// A request: a path on the server with its encoded query.
struct HTTPRequest {
    var method = Endpoint.Method.get
    var path: String
    /// JSON, or nil for none.
    var body: String?
    var headers: [String] = []
    /// Milliseconds for everything: DNS, connect, TLS, and the last byte of the answer.
    var timeout: Int
    /// Whether it is never sent twice.
    ///
    /// See `TransferRequest.isSentOnce`.
    var isSentOnce = false
    /// Whether the connection notes what the response says of the server: see `Connection.facts`.
    var wantsFacts = false
}

/// The answer, or the reason that there is none.
enum HTTPResult {
    /// `retryAfter` is the seconds that the server asked to wait (RFC 9110, section 10.2.3), or nil.
    case answer(status: Int, body: [UInt8], retryAfter: Int?)
    case failed(HTTPFailure)
}

/// The reason that there is no answer.
struct HTTPFailure {
    enum Kind {
        /// No address or no connection.
        case unreached
        /// No answer in time, not even its beginning.
        case outage
        /// Everything else: TLS, a cut or endless answer, a broken protocol, a lack of resources on this host.
        case broken
    }

    let kind: Kind
    let reason: String
    /// Nothing of the request was sent.
    var isUnsent = false
    /// The connection was refused, or ended before the answer did, as with a server that restarts.
    var mayPass = false
}

extension HTTPRequest {
    /// A call of the API.
    init(_ endpoint: Endpoint, json: String? = nil, key: String, timeout: Int) {
        self.init(
            method: endpoint.method, path: endpoint.target, body: json, headers: ["\(Header.apiKey): \(key)"],
            timeout: timeout)
        if json != nil { headers.append("Content-Type: application/json") }
    }

    /// The request for libcurl.
    var transfer: TransferRequest {
        TransferRequest(
            method: method.rawValue, headers: headers + ["Accept: application/json"], body: body.map { Array($0.utf8) },
            isSentOnce: isSentOnce, wantsFacts: wantsFacts)
    }
}

extension HTTPResult {
    /// The result of a finished exchange.
    init(_ result: TransferResult) {
        switch result {
        case .response(let response):
            self = .answer(
                status: response.status, body: response.body, retryAfter: response.retryAfter.map { min($0, 3_600) })
        case .failed(let failure): self = .failed(HTTPFailure(failure))
        }
    }
}

extension HTTPFailure {
    /// libcurl's failure.
    init(_ failure: TransferFailure) {
        let reason = failure.reason
        switch failure.cause {
        case .unresolved, .unconnected(isTheirs: true):
            self.init(kind: .unreached, reason: reason, isUnsent: true, mayPass: true)
        case .unconnected(isTheirs: false):
            let local = "\(reason), for lack of something on this host"
            self.init(kind: .broken, reason: local, isUnsent: true, mayPass: true)
        case .timedOut where failure.isUnsent: self.init(kind: .unreached, reason: reason, isUnsent: true)
        case .timedOut where !failure.hasAnswer: self.init(kind: .outage, reason: reason)
        case .interrupted: self.init(kind: .broken, reason: reason, isUnsent: failure.isUnsent, mayPass: true)
        case .timedOut, .other: self.init(kind: .broken, reason: reason, isUnsent: failure.isUnsent)
        case .tooLong: self.init(kind: .broken, reason: reason)
        }
    }
}

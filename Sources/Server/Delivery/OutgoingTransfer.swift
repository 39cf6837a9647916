internal import HTTPTransport

extension OutgoingRequest {
    /// The request for libcurl; nil if a part of it cannot be sent.
    ///
    /// - Parameters:
    ///   - url: the parsed and allowed URL of the request.
    ///   - milliseconds: how long the exchange may take.
    ///   - authorities: a PEM file of the only trusted authorities; nil for the system's.
    /// - Returns: the exchange, not begun.
    func transfer(to url: ParsedURL, milliseconds: Int, authorities: String?) -> Transfer? {
        var target = TransferTarget(.parsed(url))
        target.authorities = authorities
        target.user = user
        target.password = password
        let limits = TransferLimits(milliseconds: milliseconds)
        if let envelope {
            let mail = TransferMail(sender: envelope.sender, recipient: envelope.recipient, message: body)
            return Transfer(mail, to: target, limits: limits)
        }
        guard headers.allSatisfy({ Self.isHeader(name: $0.name, value: $0.value) }) else { return nil }
        var lines = headers.map { if $0.value.isEmpty { "\($0.name);" } else { "\($0.name): \($0.value)" } }
        // Without a header, libcurl declares every body to be a form.
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        // Some receivers of callbacks look for capitals in names of headers, which HTTP/2 does not have.
        let body: [UInt8]? = if method == .get { nil } else { body }
        let request = TransferRequest(method: method.rawValue, headers: lines, body: body, isHTTP1: true)
        return Transfer(request, to: target, limits: limits)
    }

    /// Whether the name is a token (RFC 9110, section 5.6.2), and the value visible ASCII, blanks and tabs.
    private static func isHeader(name: String, value: String) -> Bool {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        let isToken = !name.isEmpty && name.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
        return isToken && value.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
    }
}

extension OutgoingResult {
    /// The result of a finished exchange.
    init(_ result: TransferResult) {
        switch result {
        case .response(let response):
            self = .response(
                OutgoingResponse(status: response.status, body: response.body, retryAfter: response.retryAfter))
        case .failed(let failure):
            self =
                switch failure.cause {
                case .unresolved, .unconnected: .unreached(failure.reason)
                case .timedOut where failure.isUnsent: .unreached(failure.reason)
                case .timedOut, .interrupted, .tooLong, .other: .failed(failure.reason)
                }
        }
    }
}

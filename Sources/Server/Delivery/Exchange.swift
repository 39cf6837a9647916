internal import CCurl

/// One request and its response, with the easy handle and the buffers that libcurl uses until it ends.
///
/// Only one thread may use an exchange at a time. Certificates and host names are verified, and TLS is 1.2 or later.
/// Redirects, proxies from the environment and netrc are not used. The size of a response is limited.
final class Exchange {
    /// The maximum size of a response's body, and of its headers, in bytes.
    static let cap = 65_536

    let easy: UnsafeMutableRawPointer
    private let url: TargetURL
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var recipients: UnsafeMutablePointer<curl_slist>?
    /// The bytes of a mail that are not sent yet.
    private var mail: ArraySlice<UInt8> = []
    private var isMailBegun = false
    private var body: [UInt8] = []
    private var headerBytes = 0
    private var isTooLong = false

    /// Prepares an exchange; nil if libcurl rejects a part of the request.
    ///
    /// - Parameters:
    ///   - request: the request to send.
    ///   - url: the parsed and allowed URL of the request.
    ///   - timeout: milliseconds that the exchange may take.
    ///   - authorities: a PEM file of the only trusted authorities; nil for the system's.
    init?(_ request: OutgoingRequest, to url: TargetURL, timeout: Int, authorities: String?) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.url = url
        guard setTarget(request, timeout: timeout), setSafety(authorities), setCallbacks(),
            request.envelope.map({ setMail(request, $0) }) ?? setHTTP(request)
        else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        curl_slist_free_all(recipients)
    }

    private func setTarget(_ request: OutgoingRequest, timeout: Int) -> Bool {
        pointer(CURLOPT_CURLU, UnsafeMutableRawPointer(url.handle))
            && text(CURLOPT_PROTOCOLS_STR, url.scheme)
            && long(CURLOPT_TIMEOUT_MS, max(1, timeout)) && long(CURLOPT_CONNECTTIMEOUT_MS, max(1, timeout))
            && (request.user == nil || text(CURLOPT_USERNAME, request.user))
            && (request.password == nil || text(CURLOPT_PASSWORD, request.password))
    }

    private func setSafety(_ authorities: String?) -> Bool {
        long(CURLOPT_SSL_VERIFYPEER, 1) && long(CURLOPT_SSL_VERIFYHOST, 2)
            && long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            && (authorities == nil || text(CURLOPT_CAINFO, authorities) && text(CURLOPT_CAPATH, nil))
            && long(CURLOPT_FOLLOWLOCATION, 0) && long(CURLOPT_NETRC, 0) && long(CURLOPT_NOSIGNAL, 1)
            // An empty string disables proxies, whatever the environment says.
            && text(CURLOPT_PROXY, "")
            // A slow resolver must not hold up the other exchanges when this one ends.
            && long(CURLOPT_QUICK_EXIT, 1)
            && long(CURLOPT_TCP_NODELAY, 1)
    }

    /// Sets headers and body; libcurl authenticates with HTTP basic by default.
    private func setHTTP(_ request: OutgoingRequest) -> Bool {
        for header in request.headers {
            guard Self.isHeader(header.name, header.value) else { return false }
            guard append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)", to: &headers)
            else { return false }
        }
        // Without a header, libcurl declares every body to be a form.
        let hasType = request.headers.contains { $0.name.lowercased() == "content-type" }
        return append("Expect:", to: &headers) && (hasType || append("Content-Type:", to: &headers))
            && ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK
            && text(CURLOPT_USERAGENT, "countersign")
            // HTTP/2 has lower-case header names only, but some receivers of callbacks look for capitals.
            && long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
            && (request.method == .get ? long(CURLOPT_HTTPGET, 1) : setBody(request.body))
    }

    /// Sets the body after its size, so that libcurl does not stop at a zero byte.
    private func setBody(_ body: [UInt8]) -> Bool {
        // The option needs a non-null pointer, which an empty array may not have.
        let bytes = body.isEmpty ? [0] : body
        return long(CURLOPT_POST, 1) && long(CURLOPT_POSTFIELDSIZE, body.count)
            && bytes.withUnsafeBytes {
                pointer(CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
    }

    /// Sets the envelope and the message of a mail; `smtp://` without STARTTLS is for loopback only.
    private func setMail(_ request: OutgoingRequest, _ envelope: Envelope) -> Bool {
        mail = request.body[...]
        let isPlain = url.scheme == "smtp" && url.isLoopback
        return append("<\(envelope.recipient)>", to: &recipients)
            && ccurl_set_list(easy, CURLOPT_MAIL_RCPT, recipients) == CURLE_OK
            && text(CURLOPT_MAIL_FROM, "<\(envelope.sender)>")
            && ccurl_set_use_ssl(easy, !isPlain) == CURLE_OK
            && text(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
            && long(CURLOPT_UPLOAD, 1)
            && ccurl_set_write(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
                Exchange.from(context)?.giveMail(bytes, size * count) ?? 0
            } == CURLE_OK
            && pointer(CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    private func setCallbacks() -> Bool {
        let this = Unmanaged.passUnretained(self).toOpaque()
        return pointer(CURLOPT_WRITEDATA, this) && pointer(CURLOPT_HEADERDATA, this)
            && ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                Exchange.from(context)?.take(bytes, size * count) ?? 0
            } == CURLE_OK
            && ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { _, size, count, context in
                Exchange.from(context)?.takeHeader(size * count) ?? 0
            } == CURLE_OK
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Exchange? {
        context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Appends to the body; a return value below `count` makes libcurl end the exchange.
    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes, body.count + count <= Self.cap else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func takeHeader(_ count: Int) -> Int {
        headerBytes += count
        isTooLong = isTooLong || headerBytes > Self.cap
        return isTooLong ? 0 : count
    }

    private func giveMail(_ bytes: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        isMailBegun = true
        let part = mail.prefix(max(0, capacity))
        UnsafeMutableRawBufferPointer(start: bytes, count: part.count).copyBytes(from: part)
        mail = mail.dropFirst(part.count)
        return part.count
    }

    private func append(_ text: String, to list: inout UnsafeMutablePointer<curl_slist>?) -> Bool {
        guard let longer = curl_slist_append(list, text) else { return false }
        list = longer
        return true
    }

    private func long(_ option: CURLoption, _ value: Int) -> Bool { ccurl_set_long(easy, option, value) == CURLE_OK }
    private func text(_ option: CURLoption, _ value: String?) -> Bool {
        ccurl_set_text(easy, option, value) == CURLE_OK
    }
    private func pointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) -> Bool {
        ccurl_set_pointer(easy, option, value) == CURLE_OK
    }
}

extension Exchange {
    /// Runs the whole exchange on this thread.
    func perform() -> OutgoingResult { result(curl_easy_perform(easy)) }

    /// Returns the result of a finished exchange.
    func result(_ code: CURLcode) -> OutgoingResult {
        if isTooLong { return .failed("the answer is longer than \(Self.cap) bytes") }
        if code == CURLE_OK { return .answer(OutgoingAnswer(status: status, body: body, retryAfter: retryAfter)) }
        // A rejection by a mail server is a response like any other.
        if isMail, status >= 400, code != CURLE_OPERATION_TIMEDOUT { return .answer(OutgoingAnswer(status: status)) }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: return .unreached(reason)
        case CURLE_OPERATION_TIMEDOUT where !isBegun: return .unreached(reason)
        default: return .failed(reason)
        }
    }

    private var isMail: Bool { recipients != nil }

    /// Whether the other side may have received any of the request.
    private var isBegun: Bool {
        var size = 0
        ccurl_request_size(easy, &size)
        return isMailBegun || !isMail && size > 0
    }

    private var status: Int {
        var status = 0
        ccurl_status(easy, &status)
        return status
    }

    private var retryAfter: Int? {
        var seconds: curl_off_t = 0
        ccurl_retry_after(easy, &seconds)
        return seconds > 0 ? Int(clamping: seconds) : nil
    }

    /// Whether the name is a token (RFC 9110, section 5.6.2), and the value visible ASCII, blanks and tabs.
    private static func isHeader(_ name: String, _ value: String) -> Bool {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        let isToken = !name.isEmpty && name.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
        return isToken && value.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
    }
}

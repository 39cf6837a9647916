internal import CCurl

/// One request and its answer; its easy handle and what libcurl needs to find in place until it is over. For one thread at a time.
///
/// Certificates and host names are verified, TLS 1.2 at least, no redirects, no environment proxies, no netrc; an answer is capped.
final class Exchange {
    /// The most that is read of an answer's body, and of its headers, in bytes.
    static let cap = 65_536

    let easy: UnsafeMutableRawPointer
    private let url: TargetURL
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var recipients: UnsafeMutablePointer<curl_slist>?
    /// What is left of a mail.
    private var mail: ArraySlice<UInt8> = []
    private var isMailBegun = false
    private var body: [UInt8] = []
    private var headerBytes = 0
    private var isTooLong = false

    /// - Parameter timeout: milliseconds that are left.
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
            // An empty proxy is none, whatever the environment says.
            && text(CURLOPT_PROXY, "")
            // A slow resolver must not hold up the other exchanges when one of them is over.
            && long(CURLOPT_QUICK_EXIT, 1)
            && long(CURLOPT_TCP_NODELAY, 1)
    }

    /// libcurl's way to authenticate is HTTP basic unless it is told otherwise.
    private func setHTTP(_ request: OutgoingRequest) -> Bool {
        for header in request.headers {
            guard Self.isHeader(header.name, header.value) else { return false }
            guard append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)", to: &headers)
            else { return false }
        }
        // libcurl would call every body a form.
        let hasType = request.headers.contains { $0.name.lowercased() == "content-type" }
        return append("Expect:", to: &headers) && (hasType || append("Content-Type:", to: &headers))
            && ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK
            && text(CURLOPT_USERAGENT, "countersign")
            // HTTP/2 has no capitals in the names of headers, which some receivers of callbacks look for.
            && long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
            && (request.method == .get ? long(CURLOPT_HTTPGET, 1) : setBody(request.body))
    }

    /// The size comes first, or libcurl would look for a zero byte.
    private func setBody(_ body: [UInt8]) -> Bool {
        // The copy is asked for with a pointer that is not null, which that of an empty array may be.
        let bytes = body.isEmpty ? [0] : body
        return long(CURLOPT_POST, 1) && long(CURLOPT_POSTFIELDSIZE, body.count)
            && bytes.withUnsafeBytes {
                pointer(CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
    }

    /// `smtp://` without STARTTLS is for this machine only.
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

    /// Taking less than what came ends the exchange.
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
    /// All of it, in this thread.
    func perform() -> OutgoingResult { result(curl_easy_perform(easy)) }

    /// What came of it.
    func result(_ code: CURLcode) -> OutgoingResult {
        if isTooLong { return .failed("the answer is longer than \(Self.cap) bytes") }
        if code == CURLE_OK { return .answer(OutgoingAnswer(status: status, body: body, retryAfter: retryAfter)) }
        // A mail server's no is an answer like another.
        if isMail, status >= 400, code != CURLE_OPERATION_TIMEDOUT { return .answer(OutgoingAnswer(status: status)) }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: return .unreached(reason)
        case CURLE_OPERATION_TIMEDOUT where !isBegun: return .unreached(reason)
        default: return .failed(reason)
        }
    }

    private var isMail: Bool { recipients != nil }

    /// Whether the other side may have seen any of it.
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

    /// A token (RFC 9110, section 5.6.2), and visible ASCII with blanks.
    private static func isHeader(_ name: String, _ value: String) -> Bool {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        let isToken = !name.isEmpty && name.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
        return isToken && value.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
    }
}

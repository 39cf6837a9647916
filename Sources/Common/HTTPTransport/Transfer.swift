internal import CCurl
internal import Glibc

/// One exchange with a server: libcurl's easy handle, with all its options, and the memory that it needs until the
/// exchange is over.
///
/// Only one thread may use a transfer at a time. Certificates and host names, or the pin of the target, are verified,
/// and TLS is 1.2 or later. Redirects, proxies from the environment and netrc are not used, and responses are limited.
public final class Transfer {
    /// The most bytes of a response's body, and of its headers.
    public static let longest = 65_536

    let easy: UnsafeMutableRawPointer
    /// The target is kept: libcurl uses its handle.
    private let target: TransferTarget
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var recipients: UnsafeMutablePointer<curl_slist>?
    private var resolved: UnsafeMutablePointer<curl_slist>?
    /// The bytes that are not sent yet, of a mail or of a body that is sent once.
    private var upload: ArraySlice<UInt8> = []
    private var isUploadBegun = false
    private var body: [UInt8] = []
    private var headerBytes = 0
    private var isTooLong = false, wantsFacts = false
    private var date: Int64?

    /// Prepares an exchange over HTTP; nil if libcurl rejects a part of the request.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - target: where it goes, and how.
    ///   - limits: how long it may take.
    public init?(_ request: TransferRequest, to target: TransferTarget, limits: TransferLimits) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.target = target
        guard set(target), set(limits), setSafety(), setCallbacks(), set(request) else { return nil }
    }

    /// Prepares an exchange over SMTP; nil if libcurl rejects a part of the mail.
    ///
    /// - Parameters:
    ///   - mail: the mail.
    ///   - target: where it goes, and how.
    ///   - limits: how long it may take.
    public init?(_ mail: TransferMail, to target: TransferTarget, limits: TransferLimits) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.target = target
        guard set(target), set(limits), setSafety(), setCallbacks(), set(mail) else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        curl_slist_free_all(recipients)
        curl_slist_free_all(resolved)
    }

    /// Runs the whole exchange on this thread.
    public func perform() -> TransferResult { result(curl_easy_perform(easy)) }

    // MARK: options

    private func set(_ target: TransferTarget) -> Bool {
        if let addresses = target.resolved {
            guard append(addresses, to: &resolved), set(CURLOPT_RESOLVE, list: resolved) else { return false }
        }
        return setURL(target.url) && (target.socket == nil || set(CURLOPT_UNIX_SOCKET_PATH, text: target.socket))
            && (target.authorities == nil
                || set(CURLOPT_CAINFO, text: target.authorities) && set(CURLOPT_CAPATH, text: nil))
            // An empty proxy means none, whatever the environment says.
            && set(CURLOPT_PROXY, text: target.proxy ?? "")
            && (target.pin == nil || set(CURLOPT_PINNEDPUBLICKEY, text: target.pin.map { "sha256//" + $0 }))
            && (target.user == nil || set(CURLOPT_USERNAME, text: target.user))
            && (target.password == nil || set(CURLOPT_PASSWORD, text: target.password))
    }

    private func setURL(_ url: TransferTarget.URL) -> Bool {
        switch url {
        case .text(let url):
            let scheme = if url.hasPrefix("https:") { "https" } else { "http" }
            return set(CURLOPT_URL, text: url) && set(CURLOPT_PROTOCOLS_STR, text: scheme)
        case .parsed(let url):
            return set(CURLOPT_CURLU, pointer: UnsafeMutableRawPointer(url.handle))
                && set(CURLOPT_PROTOCOLS_STR, text: url.scheme)
        }
    }

    private func set(_ limits: TransferLimits) -> Bool {
        set(CURLOPT_TIMEOUT_MS, long: max(1, limits.milliseconds))
            && set(CURLOPT_CONNECTTIMEOUT_MS, long: max(1, limits.connectMilliseconds))
    }

    private func setSafety() -> Bool {
        set(CURLOPT_SSL_VERIFYPEER, long: target.pin == nil ? 1 : 0)
            && set(CURLOPT_SSL_VERIFYHOST, long: target.pin == nil ? 2 : 0)
            && set(CURLOPT_SSLVERSION, long: Int(CURL_SSLVERSION_TLSv1_2)) && set(CURLOPT_FOLLOWLOCATION, long: 0)
            && set(CURLOPT_NETRC, long: 0) && set(CURLOPT_NOSIGNAL, long: 1) && set(CURLOPT_TCP_NODELAY, long: 1)
            // If libcurl looks up a host itself, its thread is not waited for when the time is over.
            && set(CURLOPT_QUICK_EXIT, long: 1)
    }

    /// Sets method, headers and body; libcurl authenticates with HTTP basic by default.
    private func set(_ request: TransferRequest) -> Bool {
        for header in request.headers + ["Expect:"] { guard append(header, to: &headers) else { return false } }
        return set(CURLOPT_HTTPHEADER, list: headers) && set(CURLOPT_USERAGENT, text: "countersign")
            && setFacts(request.wantsFacts)
            && (!request.isHTTP1 || set(CURLOPT_HTTP_VERSION, long: Int(CURL_HTTP_VERSION_1_1))) && setBody(request)
            && set(CURLOPT_CUSTOMREQUEST, text: request.method)
    }

    private func setFacts(_ wanted: Bool) -> Bool {
        wantsFacts = wanted
        return !wanted || set(CURLOPT_CERTINFO, long: 1)
    }

    /// Sets the body after its size, so that libcurl does not stop at a zero byte.
    ///
    /// By itself libcurl repeats a request if a reused connection ends without an answer, though the server may have
    /// received it. It cannot repeat a body that it cannot read again; without a body only a new connection is safe.
    private func setBody(_ request: TransferRequest) -> Bool {
        guard let body = request.body else {
            return set(CURLOPT_HTTPGET, long: 1) && (!request.isSentOnce || set(CURLOPT_FRESH_CONNECT, long: 1))
        }
        guard set(CURLOPT_POST, long: 1), set(CURLOPT_POSTFIELDSIZE, long: body.count) else { return false }
        if request.isSentOnce {
            upload = body[...]
            return setUpload()
        }
        // The option needs a non-null pointer, which an empty array may not have.
        let bytes = if body.isEmpty { [0] as [UInt8] } else { body }
        return bytes.withUnsafeBytes {
            set(CURLOPT_COPYPOSTFIELDS, pointer: UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
    }

    /// Sets the envelope and the message of a mail; `smtp://` without STARTTLS is for loopback only.
    private func set(_ mail: TransferMail) -> Bool {
        upload = mail.message[...]
        var isPlain = false
        if case .parsed(let url) = target.url { isPlain = url.scheme == "smtp" && url.isLoopback }
        return append("<\(mail.recipient)>", to: &recipients) && set(CURLOPT_MAIL_RCPT, list: recipients)
            && set(CURLOPT_MAIL_FROM, text: "<\(mail.sender)>") && ccurl_set_use_ssl(easy, !isPlain) == CURLE_OK
            && set(CURLOPT_LOGIN_OPTIONS, text: "AUTH=PLAIN;AUTH=LOGIN") && set(CURLOPT_UPLOAD, long: 1) && setUpload()
    }

    // MARK: callbacks

    private func setUpload() -> Bool {
        ccurl_set_write(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
            Transfer.from(context)?.copyUpload(to: bytes, capacity: size * count) ?? 0
        } == CURLE_OK && set(CURLOPT_READDATA, pointer: Unmanaged.passUnretained(self).toOpaque())
    }

    private func setCallbacks() -> Bool {
        let this = Unmanaged.passUnretained(self).toOpaque()
        return set(CURLOPT_WRITEDATA, pointer: this) && set(CURLOPT_HEADERDATA, pointer: this)
            && ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                Transfer.from(context)?.append(bytes, count: size * count) ?? 0
            } == CURLE_OK
            && ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                Transfer.from(context)?.readHeader(bytes, count: size * count) ?? 0
            } == CURLE_OK
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Appends to the body; a return value below `count` makes libcurl end the exchange.
    private func append(_ bytes: UnsafeMutablePointer<CChar>?, count: Int) -> Int {
        guard let bytes, body.count + count <= Self.longest else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func readHeader(_ bytes: UnsafeMutablePointer<CChar>?, count: Int) -> Int {
        headerBytes += count
        if wantsFacts, let bytes, count < 200 {
            let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
            if text.lowercased().hasPrefix("date:") { date = Self.time(text.dropFirst(5)) }
        }
        isTooLong = isTooLong || headerBytes > Self.longest
        return if isTooLong { 0 } else { count }
    }

    private func copyUpload(to bytes: UnsafeMutablePointer<CChar>?, capacity: Int) -> Int {
        isUploadBegun = true
        let part = upload.prefix(max(0, capacity))
        UnsafeMutableRawBufferPointer(start: bytes, count: part.count).copyBytes(from: part)
        upload = upload.dropFirst(part.count)
        return part.count
    }

    private func append(_ text: String, to list: inout UnsafeMutablePointer<curl_slist>?) -> Bool {
        guard let longer = curl_slist_append(list, text) else { return false }
        list = longer
        return true
    }

    private func set(_ option: CURLoption, long value: Int) -> Bool { ccurl_set_long(easy, option, value) == CURLE_OK }
    private func set(_ option: CURLoption, text value: String?) -> Bool {
        ccurl_set_text(easy, option, value) == CURLE_OK
    }
    private func set(_ option: CURLoption, list value: UnsafeMutablePointer<curl_slist>?) -> Bool {
        ccurl_set_list(easy, option, value) == CURLE_OK
    }
    private func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) -> Bool {
        ccurl_set_pointer(easy, option, value) == CURLE_OK
    }

    // MARK: the result

    /// The result of a finished exchange.
    func result(_ code: CURLcode) -> TransferResult {
        if isTooLong { return .failed(failure(.tooLong, reason: "the answer is longer than \(Self.longest) bytes")) }
        guard code != CURLE_OK else {
            var response = TransferResponse(status: status, body: body, retryAfter: retryAfter)
            if wantsFacts { (response.date, response.certificatesEnd) = (date, certificatesEnd) }
            return .response(response)
        }
        // A rejection by a mail server is a response like any other.
        if recipients != nil, status >= 400, code != CURLE_OPERATION_TIMEDOUT {
            return .response(TransferResponse(status: status))
        }
        return .failed(failure(cause(of: code), reason: String(cString: curl_easy_strerror(code))))
    }

    private func failure(_ cause: TransferFailure.Cause, reason: String) -> TransferFailure {
        TransferFailure(cause: cause, reason: reason, isUnsent: isUnsent, hasAnswer: status != 0 || headerBytes > 0)
    }

    private func cause(of code: CURLcode) -> TransferFailure.Cause {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved
        case CURLE_COULDNT_CONNECT: .unconnected(isTheirs: isTheirs)
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
            CURLE_SEND_FAIL_REWIND, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            .interrupted
        default: .other
        }
    }

    private var status: Int {
        var status = 0
        ccurl_status(easy, &status)
        return status
    }

    /// When the first certificate of the chain ends.
    private var certificatesEnd: Int64? {
        var found: UnsafeMutablePointer<curl_certinfo>?
        guard ccurl_certificates(easy, &found) == CURLE_OK, let chain = found?.pointee else { return nil }
        var ends: [Int64] = []
        for index in 0..<Int(max(0, chain.num_of_certs)) {
            var entry = chain.certinfo?[index]
            while let line = entry {
                if let data = line.pointee.data {
                    let text = String(cString: data)
                    if text.hasPrefix("Expire date:"), let end = Self.time(text.dropFirst(12)) { ends.append(end) }
                }
                entry = line.pointee.next
            }
        }
        return ends.min()
    }

    /// Reads a date as HTTP and certificates write it; nil if it is none.
    private static func time(_ text: some StringProtocol) -> Int64? {
        let time = Int64(curl_getdate(String(text), nil))
        return if time > 0 { time } else { nil }
    }

    private var retryAfter: Int? {
        var seconds: curl_off_t = 0
        ccurl_retry_after(easy, &seconds)
        return if seconds > 0 { Int(clamping: seconds) } else { nil }
    }

    /// Whether the other side cannot have received any of the request.
    private var isUnsent: Bool {
        guard recipients == nil else { return !isUploadBegun }
        var size = 0
        return ccurl_request_size(easy, &size) == CURLE_OK && size == 0
    }

    /// Whether a connection failed at the other side or in the network: a lack of ports or descriptors, which a local
    /// user can cause, says nothing about the server.
    private var isTheirs: Bool {
        var error = 0
        ccurl_os_errno(easy, &error)
        return [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ECONNRESET, ENOENT].contains(
            CInt(clamping: error))
    }
}

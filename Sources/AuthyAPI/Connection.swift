internal import AuthyWire
internal import CCurl
internal import Glibc

/// What is sent: a path on the server, with its query already encoded.
struct HTTPRequest {
    var method = Endpoint.Method.get
    var path: String
    /// JSON, or nil for none.
    var body: String?
    var headers: [String] = []
    /// Milliseconds for all of it: DNS, connect, TLS, the answer's last byte.
    var timeout: Int
}

/// What came back, or how far it got.
enum HTTPResult {
    /// - Parameter retryAfter: the seconds that the server asked for (RFC 9110, section 10.2.3), or nil.
    case answer(status: Int, body: [UInt8], retryAfter: Int?)
    /// No address or no connection: nothing was sent.
    case unreached(String)
    /// No answer in time: nothing of one was seen.
    case outage(String)
    /// Everything else: TLS, a cut or endless answer, a broken protocol.
    case broken(String)
}

/// One HTTP connection to one server, as far as HTTP allows, by libcurl's multi interface in one thread.
///
/// Certificates and host names are verified, TLS 1.2 at least, no redirects, no environment proxies, no netrc; an answer is capped.
final class Connection {
    /// The most that is read of an answer's body, and of its headers, in bytes.
    static let cap = 65_536

    private let server: ServerAddress
    private let multi: UnsafeMutableRawPointer?
    private var transfer: Transfer?

    init(server: ServerAddress) {
        self.server = server
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        multi = curl_multi_init()
    }

    var isBusy: Bool { transfer != nil }

    func start(_ request: HTTPRequest) {
        abandon()
        guard let multi, let transfer = Transfer(request, server) else { return }
        if curl_multi_add_handle(multi, transfer.easy) == CURLM_OK { self.transfer = transfer }
    }

    /// Ends the exchange that is under way, and with HTTP/1.1 its connection.
    func abandon() {
        guard let transfer else { return }
        curl_multi_remove_handle(multi, transfer.easy)
        self.transfer = nil
    }

    /// Works until the exchange is over, the descriptor can be read, or so many milliseconds have gone by.
    /// - Returns: the result once, when it is there; `readable` tells of the descriptor.
    func work(watching descriptor: CInt, milliseconds: Int) -> (result: HTTPResult?, readable: Bool) {
        var running: CInt = 0
        curl_multi_perform(multi, &running)
        if let result = finished() { return (result, false) }
        var watched = curl_waitfd(fd: descriptor, events: CShort(CURL_WAIT_POLLIN), revents: 0)
        let failed = curl_multi_poll(multi, &watched, 1, CInt(clamping: milliseconds), nil) != CURLM_OK
        if failed, transfer != nil {
            abandon()
            return (.broken("libcurl failed"), false)
        }
        curl_multi_perform(multi, &running)
        return (finished(), watched.revents != 0)
    }

    private func finished() -> HTTPResult? {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let transfer, message.pointee.easy_handle == transfer.easy else { continue }
            let result = transfer.result(ccurl_result(message))
            abandon()
            return result
        }
        return nil
    }
}

/// One exchange; its easy handle and what libcurl needs to find in place until it is over.
private final class Transfer {
    let easy: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var headerBytes = 0
    private var isTooLong = false

    init?(_ request: HTTPRequest, _ server: ServerAddress) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        guard set(request, server), setSafety(), setCallbacks() else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
    }

    private func set(_ request: HTTPRequest, _ server: ServerAddress) -> Bool {
        for header in request.headers + ["Accept: application/json", "Expect:"] {
            guard let longer = curl_slist_append(headers, header) else { return false }
            headers = longer
        }
        let bodyless = request.body == nil
        return text(CURLOPT_URL, server.base + request.path)
            && text(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            && (bodyless || text(CURLOPT_COPYPOSTFIELDS, request.body ?? ""))
            && ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK
            && long(CURLOPT_TIMEOUT_MS, max(1, request.timeout))
            && long(CURLOPT_CONNECTTIMEOUT_MS, max(1, min(request.timeout, server.connectTimeout * 1_000)))
            && text(CURLOPT_UNIX_SOCKET_PATH, server.socket)
            && (server.caFile == nil || text(CURLOPT_CAINFO, server.caFile) && text(CURLOPT_CAPATH, nil))
            // An empty proxy is none, whatever the environment says.
            && text(CURLOPT_PROXY, server.proxy ?? "")
            && text(CURLOPT_PROTOCOLS_STR, server.base.hasPrefix("https:") ? "https" : "http")
    }

    private func setSafety() -> Bool {
        long(CURLOPT_SSL_VERIFYPEER, 1) && long(CURLOPT_SSL_VERIFYHOST, 2)
            && long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            && long(CURLOPT_FOLLOWLOCATION, 0) && long(CURLOPT_NETRC, 0) && long(CURLOPT_NOSIGNAL, 1)
            && long(CURLOPT_TCP_NODELAY, 1) && text(CURLOPT_USERAGENT, "countersign")
    }

    private func setCallbacks() -> Bool {
        let this = Unmanaged.passUnretained(self).toOpaque()
        return ccurl_set_pointer(easy, CURLOPT_WRITEDATA, this) == CURLE_OK
            && ccurl_set_pointer(easy, CURLOPT_HEADERDATA, this) == CURLE_OK
            && ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                Transfer.from(context)?.take(bytes, size * count) ?? 0
            } == CURLE_OK
            && ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { _, size, count, context in
                Transfer.from(context)?.takeHeader(size * count) ?? 0
            } == CURLE_OK
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Taking less than what came ends the exchange.
    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes, body.count + count <= Connection.cap else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func takeHeader(_ count: Int) -> Int {
        headerBytes += count
        isTooLong = isTooLong || headerBytes > Connection.cap
        return isTooLong ? 0 : count
    }

    private func long(_ option: CURLoption, _ value: Int) -> Bool { ccurl_set_long(easy, option, value) == CURLE_OK }
    private func text(_ option: CURLoption, _ value: String?) -> Bool { ccurl_set_text(easy, option, value) == CURLE_OK }

    func result(_ code: CURLcode) -> HTTPResult {
        var status = 0
        ccurl_status(easy, &status)
        if isTooLong { return .broken("the answer is longer than \(Connection.cap) bytes") }
        if code == CURLE_OK {
            var seconds: curl_off_t = 0
            ccurl_retry_after(easy, &seconds)
            return .answer(status: status, body: body, retryAfter: seconds > 0 ? Int(clamping: min(seconds, 3_600)) : nil)
        }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .unreached(reason)
        case CURLE_COULDNT_CONNECT: return isTheirs ? .unreached(reason) : .broken("\(reason), for lack of something on this host")
        case CURLE_OPERATION_TIMEDOUT where status == 0 && headerBytes == 0: return .outage(reason)
        default: return .broken(reason)
        }
    }

    /// Whether a connection failed by the other side or the network: what a local user can use up (ports, descriptors) is no outage.
    private var isTheirs: Bool {
        var error = 0
        ccurl_os_errno(easy, &error)
        return [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ECONNRESET, ENOENT].contains(CInt(clamping: error))
    }
}

/// Where the server is and how it is reached.
public struct ServerAddress: Equatable, Sendable {
    /// `https://host[:port][/prefix]` without a slash at the end; `http://localhost` for a socket.
    public var base: String
    /// Path of a UNIX socket, or nil.
    public var socket: String?
    public var caFile: String?
    public var proxy: String?
    /// Seconds.
    public var connectTimeout: Int
    /// Seconds for an answer, not counting what the server was asked to wait.
    public var requestTimeout: Int
    /// Sent in `X-Authy-API-Key`.
    public var key: String

    public init(
        base: String, socket: String? = nil, caFile: String? = nil, proxy: String? = nil, connectTimeout: Int, requestTimeout: Int,
        key: String
    ) {
        self.base = base
        self.socket = socket
        self.caFile = caFile
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.key = key
    }
}

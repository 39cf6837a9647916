internal import AuthyWire
internal import CCurl
internal import Glibc

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
    /// By itself libcurl repeats a request if a reused connection ends without an answer, though the server may have
    /// received it.
    var isSentOnce = false
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

/// One HTTP connection to one server, as far as HTTP allows, over libcurl's multi interface in one thread
/// (libcurl-multi(3)).
///
/// Certificates and host names are verified, with TLS 1.2 or later. There are no redirects, no proxies from the
/// environment, and no netrc; the length of an answer is limited.
final class Connection {
    /// The longest body, and the longest headers, of an answer, in bytes.
    static let cap = 65_536

    private struct Multi: @unchecked Sendable {
        let handle: UnsafeMutableRawPointer
    }

    /// A request that waits for the addresses of the host.
    private struct Unresolved {
        let request: HTTPRequest
        /// When to give up the request, and when the connection.
        let ends: Int64
        let connectEnds: Int64
    }

    private let server: ServerAddress
    private let now: () -> Int64
    private let multi: UnsafeMutableRawPointer?
    private let host: NamedHost?
    private let resolver: Resolver?
    private var transfer: Transfer?
    private var unresolved: Unresolved?
    /// A result that needs no work.
    private var result: HTTPResult?

    /// Sets up libcurl; `now` returns milliseconds of a clock that does not jump.
    init(server: ServerAddress, now: @escaping () -> Int64) {
        self.server = server
        self.now = now
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        let multi = curl_multi_init().map(Multi.init)
        self.multi = multi?.handle
        // A new connection replaces the one before.
        if let multi { ccurl_multi_set_long(multi.handle, CURLMOPT_MAXCONNECTS, 1) }
        let host = NamedHost(server)
        self.host = host
        // The handle is never freed: a lookup may end when nobody waits for it.
        resolver = multi.flatMap { multi in host.map { Resolver(host: $0.name) { curl_multi_wakeup(multi.handle) } } }
    }

    var isBusy: Bool { transfer != nil || unresolved != nil || result != nil }

    func start(_ request: HTTPRequest) {
        abandon()
        let time = now()
        let connectTimeout = min(request.timeout, server.connectTimeout * 1_000)
        let waiting = Unresolved(
            request: request, ends: time + Int64(request.timeout), connectEnds: time + Int64(connectTimeout))
        guard let resolver else { return send(waiting, to: []) }
        resolver.begin(at: time)
        unresolved = waiting
    }

    /// Ends the current exchange, and with HTTP/1.1 its connection.
    func abandon() {
        unresolved = nil
        result = nil
        guard let transfer else { return }
        curl_multi_remove_handle(multi, transfer.easy)
        self.transfer = nil
    }

    /// Works until the exchange is over, the descriptor is readable, or the time is over.
    ///
    /// - Parameters:
    ///   - descriptor: a descriptor to watch, or -1.
    ///   - milliseconds: how long to work.
    /// - Returns: the result once, when there is one, and whether the descriptor is readable.
    func work(watching descriptor: CInt, milliseconds: Int) -> (result: HTTPResult?, readable: Bool) {
        var running: CInt = 0
        let due = resolve() ?? Int64(milliseconds)
        curl_multi_perform(multi, &running)
        if let result = finished() { return (result, false) }
        var watched = curl_waitfd(fd: descriptor, events: CShort(CURL_WAIT_POLLIN), revents: 0)
        let failed = curl_multi_poll(multi, &watched, 1, CInt(clamping: min(due, Int64(milliseconds))), nil) != CURLM_OK
        if failed, isBusy {
            abandon()
            return (.failed(HTTPFailure(kind: .broken, reason: "libcurl failed")), false)
        }
        _ = resolve()
        curl_multi_perform(multi, &running)
        return (finished(), watched.revents != 0)
    }

    /// Continues a request that waits for addresses; returns the milliseconds until the next call, or nil if nothing
    /// waits.
    private func resolve() -> Int64? {
        guard let unresolved, let resolver, let host else { return nil }
        let time = now()
        switch resolver.outcome(at: time) {
        case .addresses(let addresses): send(unresolved, to: addresses)
        case .failed(let reason, let isOurs):
            fail("\(host.name) cannot be resolved: \(reason)", isOurs ? .broken : .unreached, mayPass: true)
        case .pending where time >= unresolved.connectEnds: fail("\(host.name) is not resolved in time")
        case .pending(let until): return max(1, min(until ?? unresolved.connectEnds, unresolved.connectEnds) - time)
        }
        return nil
    }

    private func fail(_ reason: String, _ kind: HTTPFailure.Kind = .unreached, mayPass: Bool = false) {
        unresolved = nil
        result = .failed(HTTPFailure(kind: kind, reason: reason, isUnsent: true, mayPass: mayPass))
    }

    private func send(_ waiting: Unresolved, to addresses: [String]) {
        unresolved = nil
        let time = now()
        let resolved = host.map { "\($0.name):\($0.port):\(addresses.joined(separator: ","))" }
        let transfer = Transfer(
            waiting.request, server, timeout: Int(waiting.ends - time), connectTimeout: Int(waiting.connectEnds - time),
            resolved: addresses.isEmpty ? nil : resolved)
        if let multi, let transfer, curl_multi_add_handle(multi, transfer.easy) == CURLM_OK {
            self.transfer = transfer
        } else {
            result = .failed(HTTPFailure(kind: .broken, reason: "libcurl failed"))
        }
    }

    private func finished() -> HTTPResult? {
        if let result {
            self.result = nil
            return result
        }
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let transfer, message.pointee.easy_handle == transfer.easy else {
                continue
            }
            let result = transfer.result(ccurl_result(message))
            abandon()
            return result
        }
        return nil
    }
}

/// One exchange: its easy handle, and the memory that libcurl needs until it is over.
private final class Transfer {
    let easy: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var hosts: UnsafeMutablePointer<curl_slist>?
    /// The rest of a body that is sent once.
    private var upload: ArraySlice<UInt8> = []
    private var body: [UInt8] = []
    private var headerBytes = 0
    private var isTooLong = false

    /// Prepares the exchange; nil if libcurl fails.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - server: the address of the server, and how to reach it.
    ///   - timeout: milliseconds for everything.
    ///   - connectTimeout: milliseconds until there is a connection.
    ///   - resolved: `HOST:PORT:ADDRESS[,ADDRESS]`, or nil to have libcurl look up the host.
    init?(_ request: HTTPRequest, _ server: ServerAddress, timeout: Int, connectTimeout: Int, resolved: String?) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        if let resolved { hosts = curl_slist_append(nil, resolved) }
        guard set(request, server), setSafety(), setCallbacks(),
            long(CURLOPT_TIMEOUT_MS, max(1, timeout)), long(CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout)),
            ccurl_set_list(easy, CURLOPT_RESOLVE, hosts) == CURLE_OK
        else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        curl_slist_free_all(hosts)
    }

    private func set(_ request: HTTPRequest, _ server: ServerAddress) -> Bool {
        for header in request.headers + ["Accept: application/json", "Expect:"] {
            guard let longer = curl_slist_append(headers, header) else { return false }
            headers = longer
        }
        return text(CURLOPT_URL, server.base + request.path)
            && text(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            && setBody(request)
            && ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK
            && text(CURLOPT_UNIX_SOCKET_PATH, server.socket)
            && (server.caFile == nil || text(CURLOPT_CAINFO, server.caFile) && text(CURLOPT_CAPATH, nil))
            // An empty proxy means none, whatever the environment says.
            && text(CURLOPT_PROXY, server.proxy ?? "")
            && text(CURLOPT_PROTOCOLS_STR, server.base.hasPrefix("https:") ? "https" : "http")
    }

    /// Sets the body.
    ///
    /// libcurl cannot repeat a body that it cannot read again; without a body only a new connection is safe.
    private func setBody(_ request: HTTPRequest) -> Bool {
        guard let body = request.body else { return long(CURLOPT_FRESH_CONNECT, request.isSentOnce ? 1 : 0) }
        guard request.isSentOnce else { return text(CURLOPT_COPYPOSTFIELDS, body) }
        upload = Array(body.utf8)[...]
        return long(CURLOPT_POST, 1) && long(CURLOPT_POSTFIELDSIZE, upload.count)
            && ccurl_set_write(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
                Transfer.from(context)?.give(bytes, size * count) ?? 0
            } == CURLE_OK
            && ccurl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque()) == CURLE_OK
    }

    private func setSafety() -> Bool {
        long(CURLOPT_SSL_VERIFYPEER, 1) && long(CURLOPT_SSL_VERIFYHOST, 2)
            && long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            && long(CURLOPT_FOLLOWLOCATION, 0) && long(CURLOPT_NETRC, 0) && long(CURLOPT_NOSIGNAL, 1)
            && long(CURLOPT_TCP_NODELAY, 1) && text(CURLOPT_USERAGENT, "countersign")
            // If libcurl looks up a host itself, its thread is not waited for when the time is over.
            && long(CURLOPT_QUICK_EXIT, 1)
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

    /// Collects the body; a return of less than `count` ends the exchange.
    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes, body.count + count <= Connection.cap else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func give(_ bytes: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        let part = upload.prefix(max(0, capacity))
        UnsafeMutableRawBufferPointer(start: bytes, count: part.count).copyBytes(from: part)
        upload = upload.dropFirst(part.count)
        return part.count
    }

    private func takeHeader(_ count: Int) -> Int {
        headerBytes += count
        isTooLong = isTooLong || headerBytes > Connection.cap
        return isTooLong ? 0 : count
    }

    private func long(_ option: CURLoption, _ value: Int) -> Bool { ccurl_set_long(easy, option, value) == CURLE_OK }
    private func text(_ option: CURLoption, _ value: String?) -> Bool {
        ccurl_set_text(easy, option, value) == CURLE_OK
    }

    func result(_ code: CURLcode) -> HTTPResult {
        var status = 0
        ccurl_status(easy, &status)
        if isTooLong {
            return .failed(HTTPFailure(kind: .broken, reason: "the answer is longer than \(Connection.cap) bytes"))
        }
        if code == CURLE_OK {
            var seconds: curl_off_t = 0
            ccurl_retry_after(easy, &seconds)
            return .answer(
                status: status, body: body, retryAfter: seconds > 0 ? Int(clamping: min(seconds, 3_600)) : nil)
        }
        return .failed(failure(code, hasAnswer: status != 0 || headerBytes > 0))
    }

    private func failure(_ code: CURLcode, hasAnswer: Bool) -> HTTPFailure {
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return HTTPFailure(kind: .unreached, reason: reason, isUnsent: true, mayPass: true)
        case CURLE_COULDNT_CONNECT where isTheirs:
            return HTTPFailure(kind: .unreached, reason: reason, isUnsent: true, mayPass: true)
        case CURLE_COULDNT_CONNECT:
            let local = "\(reason), for lack of something on this host"
            return HTTPFailure(kind: .broken, reason: local, isUnsent: true, mayPass: true)
        case CURLE_OPERATION_TIMEDOUT where isUnsent:
            return HTTPFailure(kind: .unreached, reason: reason, isUnsent: true)
        case CURLE_OPERATION_TIMEDOUT where !hasAnswer: return HTTPFailure(kind: .outage, reason: reason)
        case CURLE_SSL_CONNECT_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE,
            CURLE_SEND_FAIL_REWIND,
            CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return HTTPFailure(kind: .broken, reason: reason, isUnsent: isUnsent, mayPass: true)
        default: return HTTPFailure(kind: .broken, reason: reason, isUnsent: isUnsent)
        }
    }

    private var isUnsent: Bool {
        var size = 0
        return ccurl_request_size(easy, &size) == CURLE_OK && size == 0
    }

    /// Whether a connection failed at the other side or in the network: a lack of ports or descriptors, which a local
    /// user can cause, is not an outage.
    private var isTheirs: Bool {
        var error = 0
        ccurl_os_errno(easy, &error)
        return [ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ECONNRESET, ENOENT].contains(
            CInt(clamping: error))
    }
}

/// The address of the server, and how to reach it.
public struct ServerAddress: Equatable, Sendable {
    /// `https://host[:port][/prefix]` without a slash at the end; `http://localhost` for a socket.
    public var base: String
    /// The path of a UNIX socket, or nil.
    public var socket: String?
    /// The path of a PEM file that replaces the system's certificate authorities, or nil.
    public var caFile: String?
    /// The URL of a proxy, or nil.
    public var proxy: String?
    /// Seconds until there is a connection.
    public var connectTimeout: Int
    /// Seconds for an answer, without the time that the server was asked to wait.
    public var requestTimeout: Int
    /// The API key, sent in `X-Authy-API-Key`.
    public var key: String

    /// Takes the values as they are.
    public init(
        base: String, socket: String? = nil, caFile: String? = nil, proxy: String? = nil, connectTimeout: Int,
        requestTimeout: Int,
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

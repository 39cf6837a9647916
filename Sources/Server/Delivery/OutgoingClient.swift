internal import CSyscalls
internal import Glibc
internal import HTTPTransport

/// Everything that leaves this process: HTTP exchanges on one thread, mails and programs on a few others.
///
/// Each call returns within the request's timeout and a second more, also when it is shut down.
public final class OutgoingClient: Sendable {
    /// The maximum timeout of a request, in milliseconds.
    private static let longestTimeout = 300_000

    private let exchanges: Exchanges
    let workers = Workers()
    let children = Children()
    private let authorities: String?

    /// Starts the thread for HTTP.
    ///
    /// - Parameter authorities: a PEM file of the only trusted authorities; nil for the system's.
    /// - Throws: `DeliveryError` if the file cannot be read, or libcurl or a thread is not available.
    public init(authorities: String? = nil) throws(DeliveryError) {
        if let authorities, access(authorities, R_OK) != 0 { throw DeliveryError("\(authorities) cannot be read") }
        guard let exchanges = Exchanges(authorities: authorities, limits: .init()) else {
            throw DeliveryError("libcurl or a thread for it cannot be had")
        }
        self.exchanges = exchanges
        self.authorities = authorities
    }

    deinit { shutDown() }

    /// Sends a request and returns its result.
    ///
    /// A request with an envelope is sent as a mail. The timeout is limited to 1 ms to 300 s.
    public func send(_ request: OutgoingRequest) async -> OutgoingResult {
        var request = request
        request.timeout = max(1, min(Self.longestTimeout, request.timeout))
        guard let url = Self.target(request) else { return .refused(.url) }
        guard request.envelope == nil else { return await mail(request, to: url) }
        let reply = Reply<OutgoingResult>()
        exchanges.add(.init(request: request, url: url, deadline: system_now() + Int64(request.timeout), reply: reply))
        return await reply.value
    }

    /// Ends all pending calls, kills running programs, and refuses later calls.
    public func shutDown() {
        exchanges.shutDown()
        workers.shutDown()
        children.shutDown()
    }

    /// Sends a mail on a thread of its own, since libcurl blocks when it ends an SMTP session.
    private func mail(_ request: OutgoingRequest, to url: ParsedURL) async -> OutgoingResult {
        let authorities = authorities
        return await workers.run(milliseconds: request.timeout, refused: Self.refusal) { left, reply in
            guard let transfer = request.transfer(to: url, milliseconds: left, authorities: authorities) else {
                reply.give(.refused(.request))
                return
            }
            reply.give(OutgoingResult(transfer.perform()))
        }
    }

    private static func refusal(_ reason: Workers.Refusal) -> OutgoingResult {
        switch reason {
        case .tooMany: .refused(.tooMany)
        case .shutDown: .refused(.shutDown)
        case .late: .failed("no answer in time")
        }
    }

    /// Returns whether a URL that the administrator did not choose is https at one of the hosts.
    ///
    /// - Parameters:
    ///   - url: the URL.
    ///   - hosts: the allowed hosts, as in `OutgoingRequest.allowedHosts`.
    /// - Returns: false also if the URL cannot be parsed.
    public static func mayCall(_ url: String, hosts: [String]) -> Bool {
        target(OutgoingRequest(url: url, timeout: 0, allowedHosts: hosts)) != nil
    }

    /// Returns whether a URL that the administrator chose is a valid http or https URL.
    public static func canCall(_ url: String) -> Bool { target(OutgoingRequest(url: url, timeout: 0)) != nil }

    /// Returns the origin of a URL as browsers serialize it (RFC 6454, section 6.2), or nil if it cannot be parsed.
    public static func origin(of url: String) -> String? {
        guard let url = ParsedURL(url) else { return nil }
        let usual = ["https": 443, "http": 80][url.scheme]
        return "\(url.scheme)://\(url.host)" + (url.port == usual ? "" : ":\(url.port)")
    }

    /// Parses the request's URL, and returns nil if it may not be called.
    static func target(_ request: OutgoingRequest) -> ParsedURL? {
        guard let url = ParsedURL(request.url) else { return nil }
        if let hosts = request.allowedHosts, !HostList(hosts).allows(url) { return nil }
        let schemes = if request.envelope == nil { ["https", "http"] } else { ["smtps", "smtp"] }
        return if schemes.contains(url.scheme) { url } else { nil }
    }
}

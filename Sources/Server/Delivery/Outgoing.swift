internal import CSyscalls
internal import Glibc

/// Everything that leaves this process: HTTP exchanges on one thread of their own, mails and programs on a few others.
///
/// Whoever waits for a result gets one, in the request's time and a second more, also when it is shut down.
public final class Outgoing: Sendable {
    /// Milliseconds.
    private static let longestTimeout = 300_000

    private let exchanges: Exchanges
    let workers = Workers()
    let children = Children()
    private let authorities: String?

    /// - Parameter authorities: a PEM file of the only authorities that certificates may come from; nil for the system's.
    public init(authorities: String? = nil) throws(DeliveryError) {
        if let authorities, access(authorities, R_OK) != 0 { throw DeliveryError("\(authorities) cannot be read") }
        guard let exchanges = Exchanges(authorities: authorities, limits: .init()) else {
            throw DeliveryError("libcurl or a thread for it cannot be had")
        }
        self.exchanges = exchanges
        self.authorities = authorities
    }

    deinit { shutDown() }

    public func send(_ request: OutgoingRequest) async -> OutgoingResult {
        var request = request
        request.timeout = max(1, min(Self.longestTimeout, request.timeout))
        guard let url = Self.target(request) else { return .refused(.url) }
        guard request.envelope == nil else { return await mail(request, to: url) }
        let reply = Reply<OutgoingResult>()
        exchanges.add(.init(request: request, url: url, deadline: system_now() + Int64(request.timeout), reply: reply))
        return await reply.value
    }

    /// Answers everybody who waits, kills the programs that run, and refuses what comes later.
    public func shutDown() {
        exchanges.shutDown()
        workers.shutDown()
        children.shutDown()
    }

    /// libcurl takes leave of a mail server in a way that blocks, so a mail has a thread of its own.
    private func mail(_ request: OutgoingRequest, to url: TargetURL) async -> OutgoingResult {
        let authorities = authorities
        return await workers.run(milliseconds: request.timeout, refused: Self.refusal) { left, reply in
            guard let exchange = Exchange(request, to: url, timeout: left, authorities: authorities) else {
                reply.give(.refused(.request))
                return
            }
            reply.give(exchange.perform())
        }
    }

    private static func refusal(_ reason: Workers.Refusal) -> OutgoingResult {
        switch reason {
        case .tooMany: .refused(.tooMany)
        case .shutDown: .refused(.shutDown)
        case .late: .failed("no answer in time")
        }
    }

    /// Whether an address that the administrator did not choose is one of those hosts'.
    public static func mayCall(_ url: String, hosts: [String]) -> Bool {
        target(OutgoingRequest(url: url, timeout: 0, allowedHosts: hosts)) != nil
    }

    /// Whether an address that the administrator chose can be called at all.
    public static func canCall(_ url: String) -> Bool { target(OutgoingRequest(url: url, timeout: 0)) != nil }

    /// Scheme, host and port as browsers name them (RFC 6454, section 6.2); nil for what is no URL.
    public static func origin(of url: String) -> String? {
        guard let url = TargetURL(url) else { return nil }
        let usual = ["https": 443, "http": 80][url.scheme]
        return "\(url.scheme)://\(url.host)" + (url.port == usual ? "" : ":\(url.port)")
    }

    /// Nil where it may not be called.
    static func target(_ request: OutgoingRequest) -> TargetURL? {
        guard let url = TargetURL(request.url) else { return nil }
        if let hosts = request.allowedHosts, !HostList(hosts).allows(url) { return nil }
        let schemes = request.envelope == nil ? ["https", "http"] : ["smtps", "smtp"]
        return schemes.contains(url.scheme) ? url : nil
    }
}

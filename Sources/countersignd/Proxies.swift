internal import HTTPTypes
internal import Hummingbird
internal import LoginFlow
internal import NIOCore

/// Whom a call comes from, with proxies that the settings trust looked through.
struct Proxies {
    let trusted: [Network]

    /// A numeric address, or `local` for a socket of this machine.
    func address(of request: Request, _ channel: any Channel) -> String {
        guard let peer = channel.remoteAddress?.ipAddress else { return "local" }
        guard isTrusted(peer) else { return peer }
        // The last that no trusted proxy wrote is the client.
        let chain = request.headers[values: .forwardedFor].joined(separator: ",").split(separator: ",").map { $0.filter { $0 != " " } }
        return chain.last { Address($0) != nil && !isTrusted($0) } ?? peer
    }

    private func isTrusted(_ text: String) -> Bool {
        guard let address = Address(text) else { return false }
        return trusted.contains { $0.contains(address) }
    }

    /// Whether the other end is on this machine, and is no proxy that speaks for somebody else.
    func isLocal(_ request: Request, _ channel: any Channel) -> Bool {
        guard request.headers[.forwardedFor] == nil else { return false }
        guard let peer = channel.remoteAddress?.ipAddress else { return true }
        return peer == "::1" || peer.hasPrefix("127.")
    }
}

extension HTTPField.Name {
    static let forwardedFor = Self("X-Forwarded-For")!
}

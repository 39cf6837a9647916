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

    private func isTrusted(_ text: String) -> Bool { Address(text).map(isTrusted) ?? false }

    func isTrusted(_ address: Address) -> Bool { trusted.contains { $0.contains(address) } }
}

extension HTTPField.Name {
    static let forwardedFor = Self("X-Forwarded-For")!
}

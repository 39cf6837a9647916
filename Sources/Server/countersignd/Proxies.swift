internal import HTTPTypes
internal import Hummingbird
internal import Identifiers
internal import NIOCore

/// Finds the client's address of a call behind trusted proxies.
struct Proxies {
    let trusted: [Network]

    /// Returns the client's numeric address, or `local` for a unix socket.
    ///
    /// X-Forwarded-For is read from its end while the entry's writer is a trusted proxy. An entry that cannot be parsed
    /// ends the search, since a client may have written everything before it.
    func address(of request: Request, _ channel: any Channel) -> String {
        guard let peer = channel.remoteAddress?.ipAddress else { return "local" }
        guard var found = Address(peer) else { return peer }
        let chain = request.headers[values: .forwardedFor].flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        for entry in chain.reversed() {
            guard isTrusted(found), let next = Self.address(entry) else { break }
            found = next
        }
        return found.description
    }

    func isTrusted(_ address: Address) -> Bool { trusted.contains { $0.contains(address) } }

    /// Parses `192.0.2.1`, `192.0.2.1:PORT`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:PORT`, optionally in
    /// quotes.
    static func address(_ entry: Substring) -> Address? {
        var text = trimmed(entry)
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            let inside = text[..<end].dropFirst()
            return if inside.contains(":") { Address(String(inside)) } else { nil }
        }
        guard let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") else {
            return Address(String(text))
        }
        return if isPort(text[colon...]) { Address(String(text[..<colon])) } else { nil }
    }

    private static func isPort(_ text: Substring) -> Bool {
        let digits = text.dropFirst()
        return text.isEmpty
            || text.first == ":" && (1...5).contains(digits.utf8.count)
                && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Removes blanks and tabs at both ends (RFC 9110, section 5.6.3).
    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

// The literal is a valid field name.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    static let forwardedFor = Self("X-Forwarded-For")!
}

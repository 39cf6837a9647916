internal import Identifiers

/// An address of the form `https://HOST[:PORT][/PATH]`, or the same with http.
///
/// Messages never hold the text, since people put passwords into URLs.
package struct WebAddress {
    /// The address with scheme and host in lower case, and without a slash at the end.
    package let text: String
    /// Whether the scheme is http.
    package let isPlain: Bool
    /// Whether a path follows the host.
    package let hasPath: Bool

    /// Checks and normalizes an address (RFC 3986).
    ///
    /// - Parameters:
    ///   - text: the address.
    ///   - other: what else may stand in its place, for the error.
    /// - Throws: `ValueError` if the address has user, password, query or fragment, or is not valid.
    package init(_ text: String, orElse other: String = "") throws(ValueError) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValueError("a URL is ASCII without blanks; write an international name in its xn-- form")
        }
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            throw ValueError("expected a URL that begins with https:// or http://\(other)")
        }
        let rest = text.dropFirst(scheme.count)
        guard !rest.contains("@") else { throw ValueError("a URL here has no user or password in it") }
        guard !rest.contains("?"), !rest.contains("#") else {
            throw ValueError("a URL here has no query (?) and no fragment (#)")
        }
        let authority = rest.prefix { $0 != "/" }
        let path = try Self.path(rest.dropFirst(authority.count))
        self.text = scheme + (try Self.authority(authority.lowercased())) + path
        isPlain = scheme == "http://"
        hasPath = !path.isEmpty
    }

    private static func authority(_ text: String) throws(ValueError) -> String {
        let isBracketed = text.hasPrefix("[")
        let host: Substring = if isBracketed { text.prefix { $0 != "]" } + "]" } else { text.prefix { $0 != ":" } }
        let port = text.dropFirst(host.count)
        let isValid =
            if isBracketed { text.contains("]") && isIPv6(host.dropFirst().dropLast()) } else { isHost(host) }
        guard isValid else {
            throw ValueError(
                "this URL has no valid host; write a name, an IPv4 address, or an IPv6 address in brackets")
        }
        guard port.isEmpty || isPort(port) else { throw ValueError("the port of a URL is a number from 1 to 65535") }
        return text
    }

    private static func isPort(_ text: Substring) -> Bool {
        let digits = text.dropFirst()
        return text.first == ":" && (1...5).contains(digits.utf8.count)
            && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (1...65535).contains(Int(digits) ?? 0)
    }

    private static func isIPv6(_ text: Substring) -> Bool {
        text.contains(":") && !text.contains("%") && Address(String(text)) != nil
    }

    /// Whether a text is a host name or an IPv4 address.
    ///
    /// A name whose last label begins with a digit is an IPv4 address for every resolver, and must be a complete one.
    package static func isHost(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, let last = labels.last?.utf8.first else { return false }
        if (0x30...0x39).contains(last) { return Address(String(text)) != nil }
        return labels.allSatisfy {
            (1...63).contains($0.utf8.count) && $0.first != "-" && $0.last != "-" && $0.utf8.allSatisfy(isOfHost)
        }
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
    }

    private static func path(_ text: Substring) throws(ValueError) -> String {
        var text = text
        while text.last == "/" { text.removeLast() }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isPlain = parts.allSatisfy { part in
            !["", ".", ".."].contains(part) && part.utf8.allSatisfy { isOfHost($0 | 0x20) || "._~".utf8.contains($0) }
        }
        guard isPlain else {
            throw ValueError("the path of a URL here has letters, digits and - . _ ~ between its slashes")
        }
        return String(text)
    }
}

package import HTTPTransport

/// The hosts that may be called at a URL which the administrator did not choose.
///
/// An entry is `name` or `*.domain`, each with an optional `:port`, by default 443.
package struct HostList: Sendable {
    private let entries: [Entry]

    private struct Entry: Sendable {
        let name: String
        let isDomain: Bool
        let port: Int
    }

    /// Creates a list, and ignores entries that cannot be parsed.
    package init(_ entries: [String]) { self.entries = entries.compactMap(Self.entry) }

    /// Returns whether the URL is https and its host and port are in the list.
    package func allows(_ url: ParsedURL) -> Bool {
        url.scheme == "https" && entries.contains { $0.port == url.port && Self.matches(url.host, entry: $0) }
    }

    private static func matches(_ host: String, entry: Entry) -> Bool {
        guard entry.isDomain else { return host == entry.name }
        return host.hasSuffix("." + entry.name) && host.utf8.count > entry.name.utf8.count + 1
    }

    private static func entry(_ text: String) -> Entry? {
        let text = text.lowercased()
        let isDomain = text.hasPrefix("*.")
        let rest = if isDomain { text.dropFirst(2) } else { text[...] }
        let end =
            if rest.hasPrefix("[") {
                rest.firstIndex(of: "]").map { rest.index(after: $0) }
            } else {
                rest.firstIndex(of: ":")
            }
        let name = rest[..<(end ?? rest.endIndex)]
        guard let port = port(rest[name.endIndex...]), !name.isEmpty, !name.contains("*") else { return nil }
        return Entry(name: String(name), isDomain: isDomain, port: port)
    }

    private static func port(_ text: Substring) -> Int? {
        guard !text.isEmpty else { return 443 }
        guard text.hasPrefix(":"), let port = UInt16(text.dropFirst()), port > 0 else { return nil }
        return Int(port)
    }
}

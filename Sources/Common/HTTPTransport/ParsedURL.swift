internal import CCurl

/// A URL as libcurl parses it.
///
/// The same handle is checked and then called, so that the check and the call cannot disagree about what the URL means.
///
/// `@unchecked Sendable`: nothing changes it after `init`, and one exchange uses it at a time.
public final class ParsedURL: @unchecked Sendable {
    /// The maximum length of a URL in bytes.
    static let longest = 16_384

    let handle: OpaquePointer
    /// The scheme, in lower case.
    public let scheme: String
    /// The host, in lower case; an IPv6 address is in brackets.
    public let host: String
    /// The port, or the default port of the scheme.
    public let port: Int

    /// Parses a URL; nil if it is malformed, has user information, or could be parsed in two ways.
    public init?(_ text: String) {
        guard Self.isClear(text), let handle = curl_url() else { return nil }
        self.handle = handle
        guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: handle), let host = Self.part(CURLUPART_HOST, of: handle),
            let port = Self.part(CURLUPART_PORT, of: handle).flatMap({ Int($0) }), (1...65_535).contains(port),
            Self.part(CURLUPART_USER, of: handle) == nil, Self.part(CURLUPART_PASSWORD, of: handle) == nil,
            Self.isHost(host.lowercased())
        else {
            curl_url_cleanup(handle)
            return nil
        }
        self.scheme = scheme.lowercased()
        self.host = host.lowercased()
        self.port = port
    }

    deinit { curl_url_cleanup(handle) }

    /// The host and port that limits and connections are shared by.
    public var server: String { "\(host):\(port)" }

    /// Whether the host can only be this machine.
    public var isLoopback: Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        let isNumeric = numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "[::1]" || isNumeric && numbers.first == "127"
    }

    /// Whether the text is printable ASCII without a backslash, with `://` behind the scheme and neither `@` nor `%` in
    /// the authority.
    private static func isClear(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= longest, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes.dropFirst(colon).starts(with: "://".utf8)
        else { return false }
        let authority = bytes.dropFirst(colon + 3).prefix { !"/?#".utf8.contains($0) }
        return !authority.isEmpty && !authority.contains { "@%".utf8.contains($0) }
    }

    /// Whether the host is an IPv6 address in brackets, or labels of letters, digits, `-` and `_` without a final dot.
    private static func isHost(_ host: String) -> Bool {
        let bytes = Array(host.utf8)
        guard (1...253).contains(bytes.count) else { return false }
        if bytes.first == UInt8(ascii: "[") {
            return bytes.last == UInt8(ascii: "]")
                && bytes.dropFirst().dropLast().allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
        }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    /// Whether the bytes are one label of a host name, in lower case.
    private static func isLabel(_ bytes: some Collection<UInt8>) -> Bool {
        (1...63).contains(bytes.count)
            && bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

internal import SettingsFile

extension WebAddress {
    /// The host; an IPv6 address is in brackets.
    var host: Substring {
        let rest = text.drop { $0 != "/" }.dropFirst(2)
        guard rest.first == "[" else { return rest.prefix { $0 != ":" && $0 != "/" } }
        return rest.prefix { $0 != "]" } + "]"
    }

    /// Whether the host is loopback, where a connection may be plain.
    var isOfThisMachine: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host) }
}

/// Returns an e-mail address without a display name and brackets, its domain in lower case, safe in a mail header.
func mailbox(_ text: String) throws(ValueError) -> String {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let name = parts.first, let domain = parts.last, text.utf8.count <= 254 else {
        throw ValueError("expected an e-mail address such as countersign@example.com")
    }
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    let isName =
        (1...64).contains(name.utf8.count) && words.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isOfMailbox) }
    guard isName, WebAddress.isHost(domain.lowercased()[...]) else {
        throw ValueError("this is no e-mail address; write it without a name, brackets and letters beyond ASCII")
    }
    return "\(name)@\(domain.lowercased())"
}

/// Whether the byte may stand in an atom (RFC 5322, section 3.2.3).
private func isOfMailbox(_ byte: UInt8) -> Bool { byte.isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte) }

extension Kind<String> {
    static var mailAddress: Kind {
        .text("an e-mail address in quotes") { text throws(ValueError) in try mailbox(text) }
    }

    /// `mailto:` with an address, or an https URL (RFC 8292, section 2.1).
    static var pushSubject: Kind {
        .text("a URL in quotes") { text throws(ValueError) in
            if text.hasPrefix("mailto:") { return "mailto:" + (try mailbox(String(text.dropFirst(7)))) }
            let address = try WebAddress(text, orElse: ", or mailto: and an address")
            guard !address.isPlain else { throw ValueError("push services take mailto: and https:// only") }
            return address.text
        }
    }

    /// `NAME` or `*.DOMAIN`, each with an optional `:PORT`, in lower case.
    static var pushHost: Kind {
        .text("a host in quotes") { text throws(ValueError) in
            let host = text.lowercased()
            let bare = if host.hasPrefix("*.") { host.dropFirst(2) } else { host[...] }
            let name = bare.prefix { $0 != ":" }
            let isWide = host.hasPrefix("*.")
            guard WebAddress.isHost(name), bare.count == name.count || isPort(bare.dropFirst(name.count + 1)) else {
                throw ValueError(
                    "\(text.quoted) is no host; write it as \"push.example.com\", "
                        + "\"*.example.com\" or \"push.example.com:8443\""
                )
            }
            guard !isWide || name.contains(".") && !isNumeric(name) else {
                throw ValueError("\(text.quoted) is too wide; behind *. stands a domain such as example.com")
            }
            return host
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy(\.isDigit) && (1...65535).contains(Int(text) ?? 0)
    }

    private static func isNumeric(_ host: Substring) -> Bool { host.utf8.last?.isDigit ?? false }
}

package import Identifiers

extension Network {
    /// The network that was meant by a text with bits set behind its prefix; nil if it is not a network for another
    /// reason.
    init?(clearing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts.first, let last = parts.last, let address = Address(String(first)),
            let written = Int(last)
        else { return nil }
        let isMapped = address.bytes.count == 4 && first.utf8.contains(UInt8(ascii: ":"))
        let prefix = written - (isMapped ? 96 : 0)
        guard prefix >= 0 else { return nil }
        let bytes = address.bytes.enumerated().map {
            $1 & ~UInt8(truncatingIfNeeded: 0xFF >> min(8, max(0, prefix - $0 * 8)))
        }
        self.init("\(Self.notation(bytes))/\(prefix)")
    }

    private static func notation(_ bytes: [UInt8]) -> String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        return zip(bytes, bytes.dropFirst()).enumerated().filter { $0.offset.isMultiple(of: 2) }
            .map { String(UInt16($0.element.0) << 8 | UInt16($0.element.1), radix: 16) }.joined(separator: ":")
    }

    /// Whether the networks hold every client on the internet, in IPv4 or in IPv6.
    package static func coverTheInternet(_ networks: [Network]) -> Bool {
        [4, 16].contains { width in
            let named = networks.filter { $0.address.bytes.count == width }
            return !named.isEmpty
                && cover(named + notOnTheInternet.filter { $0.address.bytes.count == width }, behind: 0)
        }
    }

    /// Addresses that no client on the internet has (RFC 6890, RFC 4291 section 2.4).
    ///
    /// These are private, loopback, link-local, multicast and reserved addresses. Networks that hold all other
    /// addresses hold everyone.
    private static let notOnTheInternet = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/3",
        "::/3", "4000::/2", "8000::/1",
    ].compactMap { Network($0) }

    /// Whether the networks cover the part of the address space in which their first `depth` bits agree.
    private static func cover(_ networks: [Network], behind depth: Int) -> Bool {
        if networks.contains(where: { $0.prefix <= depth }) { return true }
        let ones = networks.filter { $0.address.bytes[depth / 8] & (0x80 >> UInt8(depth % 8)) != 0 }
        let zeros = networks.filter { $0.address.bytes[depth / 8] & (0x80 >> UInt8(depth % 8)) == 0 }
        return !ones.isEmpty && !zeros.isEmpty && cover(ones, behind: depth + 1) && cover(zeros, behind: depth + 1)
    }
}

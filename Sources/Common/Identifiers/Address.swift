internal import Glibc

/// A numeric IP address, in which an IPv4 address that is mapped into IPv6 (RFC 4291, section 2.5.5.2) is the IPv4
/// address.
public struct Address: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// Reads a numeric address; nil for anything else, such as a host name.
    ///
    /// A scope (`%eth0`) is dropped.
    public init?(_ text: String) {
        let plain = text.prefix { $0 != "%" }
        guard plain.utf8.count <= 45, !plain.utf8.contains(0) else { return nil }
        var four = [UInt8](repeating: 0, count: 4)
        var sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(plain), &four) == 1 {
            bytes = four
        } else if inet_pton(AF_INET6, String(plain), &sixteen) == 1 {
            let mapped = sixteen.prefix(10).allSatisfy { $0 == 0 } && sixteen[10] == 0xFF && sixteen[11] == 0xFF
            bytes = if mapped { Array(sixteen.suffix(4)) } else { sixteen }
        } else {
            return nil
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The address as inet_ntop(3) writes it.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the address names a host only together with an interface (RFC 4291, section 2.5.6), which is not known
    /// here.
    public var isLinkLocal: Bool { bytes.count == 16 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

    /// What counts as one place: an IPv4 address, or the /64 of an IPv6 address, since a single host has all of a /64.
    public var place: String {
        if bytes.count == 4 { return description }
        return Address(bytes: Array(bytes.prefix(8)) + [UInt8](repeating: 0, count: 8)).description + "/64"
    }
}

/// A network in CIDR notation (RFC 4632, section 3.1; RFC 4291, section 2.3).
public struct Network: Equatable, Sendable {
    /// The first address of the network: no bit behind the prefix is set.
    public let address: Address
    /// The number of leading bits that must agree.
    public let prefix: Int

    /// Reads an address, or an address and a prefix length that fits it; nil for anything else, or if a bit behind the
    /// prefix is set.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, !first.contains("%"), let address = Address(first) else { return nil }
        // The prefix is counted in the notation that was written: the first 96 bits of a mapped address only mark it as
        // mapped.
        let width = address.bytes.count * 8
        let hidden = if first.contains(":") && width == 32 { 96 } else { 0 }
        var prefix = width
        if let last = parts.dropFirst().first {
            guard (1...3).contains(last.utf8.count), last.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let written = Int(last),
                (hidden...width + hidden).contains(written)
            else { return nil }
            prefix = written - hidden
        }
        self.address = address
        self.prefix = prefix
        guard Self.bits(of: address).dropFirst(prefix).allSatisfy({ !$0 }) else { return nil }
    }

    /// Whether the network holds every address of its family.
    public var isEverything: Bool { prefix == 0 }

    /// Whether an address is in the network; false for an address of the other family.
    public func contains(_ other: Address) -> Bool {
        other.bytes.count == address.bytes.count
            && zip(Self.bits(of: address), Self.bits(of: other)).prefix(prefix).allSatisfy { $0 == $1 }
    }

    private static func bits(of address: Address) -> [Bool] {
        address.bytes.flatMap { byte in (0..<8).map { byte & (0x80 >> UInt8($0)) != 0 } }
    }
}

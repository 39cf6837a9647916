/// The e-mail address under which the 2FA server knows a user of this host.
public enum UserAddress {
    /// The longest part before the @, and the longest address, in bytes (RFC 5321, section 4.5.3.1).
    private static let (longestLocal, longest) = (64, 254)

    /// The address of a user: the user name itself if it is an address, as in some directories, or else its account
    /// part at `domain`.
    ///
    /// The account part stands before the @, or behind the backslash (`CORP\alice`).
    ///
    /// - Parameters:
    ///   - name: the user name.
    ///   - domain: `enrolment.email_domain`, or nil. A domain without a dot counts as none, as servers refuse it.
    /// - Returns: nil if the name gives no address.
    public static func of(_ name: String, domain: String?) -> String? {
        let account = name.split(separator: "\\", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        let parts = account.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard let local = parts.first, parts.count <= 2, isLocalPart(local) else { return nil }
        let address: String
        if parts.count == 2, isDomain(parts[1]) {
            address = account
        } else if let domain, isDomain(domain) {
            address = "\(local)@\(domain)"
        } else {
            return nil
        }
        guard address.utf8.count <= longest else { return nil }
        return address
    }

    /// Whether a text can stand before an @ (RFC 5322, section 3.2.3, without characters that shells and servers
    /// mistreat).
    private static func isLocalPart(_ name: String) -> Bool {
        (1...longestLocal).contains(name.utf8.count) && name.utf8.first != 0x2D && name.utf8.first != 0x2E
            && name.utf8.last != 0x2E
            && !name.contains("..")
            && name.utf8.allSatisfy { isAlphanumeric($0) || [0x2B, 0x2D, 0x2E, 0x5F].contains($0) }
    }

    /// Whether a text has two labels or more (RFC 1034, section 3.5): a realm without a dot is not a mail domain.
    private static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.utf8.first != 0x2D && label.utf8.last != 0x2D
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

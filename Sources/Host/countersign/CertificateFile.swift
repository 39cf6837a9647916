internal import CommandSupport
internal import Glibc

/// A file of certificates as `ca_file` names it: OpenSSL reads PEM (RFC 7468) only.
enum CertificateFile {
    /// Largest file that is read, in bytes.
    private static let longest = 4 << 20
    private static let begin = "-----BEGIN "
    private static let wanted =
        "it must hold the certificate of the CA behind the server's, in PEM: -----BEGIN CERTIFICATE-----"

    /// Returns why the file cannot be used, and what to do; nil if it can be used.
    ///
    /// `isShared` says that a process of another user reads the file too.
    static func fault(_ path: String, isShared: Bool) -> (message: String, hint: String)? {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        let permission = "everybody must be able to read it, as it is no secret"
        guard descriptor >= 0 else { return (systemReason(), permission) }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            return ("not a regular file", wanted)
        }
        if isShared, found.st_mode & 0o004 == 0 { return ("not everybody may read it", "chmod a+r \(path)") }
        var bytes: [UInt8] = []
        while bytes.count < longest {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return (systemReason(), permission) }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return fault(bytes, path: path)
    }

    /// Returns only the certificates of a PEM text, one block after the other; nil if one is damaged or there is none.
    static func certificates(in text: String) -> String? {
        guard fault(Array(text.utf8), path: "") == nil else { return nil }
        let (first, last) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        var blocks: [String] = []
        var block: [Substring]?
        for line in text.split(whereSeparator: \.isNewline) {
            switch (String(line), block) {
            case (first, nil): block = []
            case (last, let lines?):
                blocks.append("\(first)\n\(lines.joined(separator: "\n"))\n\(last)\n")
                block = nil
            case (_, _?) where line.utf8.allSatisfy { value($0) != nil || $0 == 0x3D }: block?.append(line)
            default: return nil
            }
        }
        return if block == nil, !blocks.isEmpty { blocks.joined() } else { nil }
    }

    private static func fault(_ bytes: [UInt8], path: String) -> (message: String, hint: String)? {
        guard !bytes.isEmpty else { return ("it is empty", wanted) }
        if bytes.first == 0x30 { return ("this is DER, not PEM", converted(path, command: binary(bytes))) }
        if [[0xFF, 0xFE], [0xFE, 0xFF]].contains(Array(bytes.prefix(2))) {
            return ("this is UTF-16, not ASCII", converted(path) { "iconv -f UTF-16 -t ASCII \($0) -o \($1)" })
        }
        return text(String(decoding: bytes, as: UTF8.self), path: path)
    }

    private static func text(_ text: String, path: String) -> (message: String, hint: String)? {
        var count = 0
        var block: (label: String, base64: String)?
        for line in text.split(whereSeparator: \.isNewline).map({ $0.filter { !$0.isWhitespace || $0 == " " } }) {
            if line.hasPrefix(begin), let end = line.dropFirst(begin.count).firstIndex(of: "-") {
                block = (String(line[line.index(line.startIndex, offsetBy: begin.count)..<end]), "")
            } else if line.hasPrefix("-----END ") {
                guard let whole = block else { return ("an END line without its BEGIN line", wanted) }
                block = nil
                if ["PKCS7", "PKCS #7 SIGNED DATA", "CMS"].contains(whole.label) {
                    return ("this is PKCS #7", converted(path) { "openssl pkcs7 -print_certs -in \($0) -out \($1)" })
                }
                guard ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(whole.label) else { continue }
                count += 1
                guard isDER(whole.base64) else {
                    return ("certificate \(count) in it is damaged", "put a good copy in its place")
                }
            } else {
                block?.base64 += line
            }
        }
        if block != nil { return ("it ends within a certificate", "put a whole copy in its place") }
        return if count == 0 { ("there is no certificate in it", wanted) } else { nil }
    }

    /// Returns the command that converts a DER file to PEM, chosen by its first bytes.
    private static func binary(_ bytes: [UInt8]) -> (String, String) -> String {
        let length = bytes.dropFirst().first ?? 0
        let header = if length < 0x80 { 2 } else { 2 + Int(length & 0x7F) }
        let inner = Array(bytes.dropFirst(header).prefix(2))
        return switch inner {
        case [0x02, 0x01]: { "openssl pkcs12 -nokeys -in \($0) -out \($1)" }
        case [0x06, 0x09]: { "openssl pkcs7 -inform der -print_certs -in \($0) -out \($1)" }
        default: { "openssl x509 -inform der -in \($0) -out \($1)" }
        }
    }

    private static func converted(_ path: String, command: (String, String) -> String) -> String {
        let folder = path.prefix(upTo: path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)
        let name = path.dropFirst(folder.count)
        let stem =
            if let dot = name.lastIndex(of: "."), dot > name.startIndex, name[dot...] != ".pem" {
                name[..<dot]
            } else {
                name
            }
        let other = if "\(folder)\(stem).pem" == path { "\(path).pem" } else { "\(folder)\(stem).pem" }
        return "convert it, and name the new file: \(command(path, other))"
    }

    /// Whether the text is Base64 of an ASN.1 sequence with all its bytes.
    private static func isDER(_ base64: String) -> Bool {
        var bytes: [UInt8] = []
        var (group, bits) = (0, 0)
        for character in base64.utf8.prefix(while: { $0 != 0x3D }) {
            guard let value = value(character) else { return false }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> bits))
                group &= (1 << bits) - 1
            }
        }
        guard bytes.count > 4, bytes[0] == 0x30 else { return false }
        guard bytes[1] >= 0x80 else { return Int(bytes[1]) + 2 <= bytes.count }
        let count = Int(bytes[1] & 0x7F)
        guard (1...4).contains(count), bytes.count > 2 + count else { return false }
        let length = bytes[2..<(2 + count)].reduce(0) { $0 << 8 | Int($1) }
        return length + 2 + count <= bytes.count
    }

    private static func value(_ digit: UInt8) -> Int? {
        switch digit {
        case 0x41...0x5A: Int(digit) - 0x41
        case 0x61...0x7A: Int(digit) - 0x61 + 26
        case 0x30...0x39: Int(digit) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}

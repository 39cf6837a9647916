internal import CSyscalls
internal import CommandSupport
internal import Glibc
internal import OATH

/// Source of a SoftToken's secret.
enum SecretInput {
    /// Longer than a secret of 128 bytes in groups of four letters.
    private static let longest = 512

    /// Makes a secret of 20 bytes of getrandom(2), as many as RFC 4226 (section 4, R6) recommends.
    static func make() throws -> Secret {
        var system = SystemRandomNumberGenerator()
        var bytes = (0..<20).map { _ in UInt8.random(in: .min ... .max, using: &system) }
        defer { wipe(&bytes) }
        guard let secret = Secret(bytes: bytes) else { throw CommandError("no secret can be made") }
        return secret
    }

    /// Reads one line of Base32 from standard input.
    static func read() throws -> Secret {
        if isatty(STDIN_FILENO) == 1 { Output.complain("The secret in Base32, and Enter:") }
        var bytes = try line()
        defer { wipe(&bytes) }
        guard let text = String(validating: bytes, as: UTF8.self), let secret = Secret(base32: text) else {
            throw CommandError(
                "standard input holds no secret in Base32",
                hint: "one line of letters and the digits 2 to 7, 16 of them or more, as in `JBSW Y3DP EHPK 3PXP`")
        }
        return secret
    }

    /// Reads all of standard input, or one line from a terminal, without the line end.
    private static func line() throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(longest * 2)
        var buffer = [UInt8](repeating: 0, count: longest)
        defer { wipe(&buffer) }
        while bytes.count < longest {
            let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandError("standard input cannot be read: \(systemReason())") }
            bytes += buffer.prefix(count)
            if count == 0 || (bytes.last == 0x0A && isatty(STDIN_FILENO) == 1) { break }
        }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return bytes
    }

    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { system_wipe(start, $0.count) } }
    }
}

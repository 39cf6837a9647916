internal import CSyscalls
internal import Glibc

/// A password or token that is never printed, and is overwritten in memory when the last reference goes.
///
/// `@unchecked Sendable`: nothing changes between `init` and `deinit`.
final class Password: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    private let memory: UnsafeRawBufferPointer

    init(_ bytes: some Collection<UInt8>) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
        self.memory = UnsafeRawBufferPointer(memory)
    }

    deinit {
        let memory = UnsafeMutableRawBufferPointer(mutating: memory)
        if let start = memory.baseAddress { system_wipe(start, memory.count) }
        memory.deallocate()
    }

    var text: String { String(decoding: memory, as: UTF8.self) }
    var description: String { "password" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads secrets from one-line files that only root and this user can change, and only they and its group can read.
enum SecretFile {
    /// The maximum size of a file in bytes.
    static let longest = 4_096

    /// Returns the file's bytes without surrounding blanks and line ends; at least 16, as they key a signature.
    static func bytes(_ path: String) throws(DeliveryError) -> [UInt8] {
        let bytes = try trimmed(path)
        guard bytes.count >= 16 else { throw DeliveryError("\(path) must hold 16 bytes at least") }
        return bytes
    }

    /// Returns the file's text without surrounding blanks and line ends, which must be printable ASCII and not empty.
    static func text(_ path: String) throws(DeliveryError) -> Password {
        var bytes = try trimmed(path)
        defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { system_wipe(start, $0.count) } } }
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw DeliveryError("\(path) must hold one line of printable ASCII")
        }
        return Password(bytes)
    }

    private static func trimmed(_ path: String) throws(DeliveryError) -> [UInt8] {
        let isBlank = { (byte: UInt8) in " \t\r\n".utf8.contains(byte) }
        var bytes = try read(path).drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return Array(bytes)
    }

    private static func read(_ path: String) throws(DeliveryError) -> [UInt8] {
        var part = 0
        let descriptor = system_open_trusted(
            path, system_trust(owner: geteuid(), group: getegid(), public_file: 0), 0, &part)
        guard descriptor >= 0 else {
            throw DeliveryError(
                "\(path): \(reason(descriptor, part: String(decoding: path.utf8.prefix(part), as: UTF8.self)))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: longest + 1)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw DeliveryError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        guard count <= longest else { throw DeliveryError("\(path) is longer than \(longest) bytes") }
        return Array(bytes.prefix(count))
    }

    private static func reason(_ error: CInt, part: String) -> String {
        switch error {
        case SYSTEM_UNSAFE_FILE:
            "unsafe: it must belong to root or uid \(geteuid()) and have mode 0640 at most, its group gid \(getegid())"
        case SYSTEM_UNSAFE_FOLDER:
            "\(part) is unsafe: it must belong to root or uid \(geteuid()), and others must not be able to write it"
        case -ELOOP: "\(part) is a symlink, or the path is not absolute; name the file itself"
        case -EINVAL: "not a regular file"
        default: "\(part) cannot be opened: \(String(cString: strerror(-error)))"
        }
    }
}

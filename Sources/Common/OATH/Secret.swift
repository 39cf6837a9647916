internal import Glibc

/// The shared key of a token (RFC 4226, section 4, R6): 10 to 128 bytes.
///
/// It is never printed, its bytes are overwritten when the last copy goes, and two secrets are compared in constant
/// time. Copies of the value share one storage. The caller wipes the bytes that it passes in.
public struct Secret: Sendable {
    /// The number of bytes that a secret may have.
    ///
    /// RFC 4226 asks for 16; authenticator apps have handed out 10 for years.
    public static let sizes = 10...128

    private let storage: Storage

    /// Nil unless there are 10 to 128 bytes.
    public init?(bytes: some Collection<UInt8>) {
        self.init(bytes: bytes, release: { $0.deallocate() })
    }

    /// Copies the bytes into memory of its own; nil unless there are 10 to 128 of them.
    ///
    /// - Parameters:
    ///   - bytes: the secret.
    ///   - release: frees the memory, which is wiped by then.
    package init?(bytes: some Collection<UInt8>, release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
        guard Self.sizes.contains(bytes.count) else { return nil }
        storage = Storage(bytes, release: release)
    }

    /// Calls `body` with the bytes, which must not outlive the call.
    ///
    /// - Parameter body: reads the bytes.
    /// - Returns: the result of `body`.
    /// - Throws: the error of `body`.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(UnsafeRawBufferPointer($0.memory)) }
    }

    /// Memory of its own that is written once, read by many and wiped at the end.
    private final class Storage: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
        private let release: @Sendable (UnsafeMutableRawBufferPointer) -> Void

        init(_ bytes: some Collection<UInt8>, release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
            memory = .allocate(byteCount: bytes.count, alignment: 1)
            memory.copyBytes(from: bytes)
            self.release = release
        }

        deinit {
            wipe(memory)
            release(memory)
        }
    }
}

extension Secret: Equatable {
    /// Compares in a time that does not depend on where the secrets differ.
    ///
    /// Their lengths are not secret.
    public static func == (left: Secret, right: Secret) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in sameBytes(left, right) } }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text, without the bytes.
    public var description: String { "secret" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// Empty, so that a dump does not show the bytes.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Overwrites the bytes; explicit_bzero(3) is not optimised away.
func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    guard let start = memory.baseAddress else { return }
    explicit_bzero(start, memory.count)
}

/// Compares all bytes, without an early exit.
///
/// Lengths are compared first.
func sameBytes(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

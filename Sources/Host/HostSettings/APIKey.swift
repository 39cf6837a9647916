public import SettingsFile

/// The key that this host shows to the 2FA server: 8 to 128 printable ASCII characters without blanks, so that it may stand in a header.
///
/// No description, no dump and no reflection shows it.
public struct APIKey: Equatable, Sendable {
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) throws(Fault) {
        guard (8...128).contains(bytes.count) else {
            throw Fault("an API key has 8 to 128 characters, this one has \(bytes.count)")
        }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Fault("an API key is printable ASCII without blanks; this one has something else in it")
        }
        self.bytes = bytes
    }

    /// The content of an `api_key_file`; newlines at its end do not count.
    /// - Parameter file: the name of that file, for the error.
    public static func parse(_ bytes: some Sequence<UInt8>, file: String) throws(SettingsError) -> APIKey {
        var key = Array(bytes)
        while key.last == 0x0A || key.last == 0x0D { key.removeLast() }
        do throws(Fault) { return try APIKey(key) } catch { throw SettingsError(file: file, message: error.message) }
    }

    /// Takes the same time wherever two keys of one length differ.
    public static func == (one: APIKey, other: APIKey) -> Bool {
        one.bytes.count == other.bytes.count && zip(one.bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "APIKey(not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

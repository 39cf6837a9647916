public import SettingsFile

/// The key with which this host authenticates to the 2FA server (header X-Authy-API-Key of the Authy API).
///
/// 8 to 128 printable ASCII characters without blanks, since it is sent in a header. Description, dump and reflection
/// do not show it.
public struct APIKey: Equatable, Sendable {
    /// The key itself: 8 to 128 bytes.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) throws(ValueError) {
        guard (8...128).contains(bytes.count) else {
            throw ValueError("an API key has 8 to 128 characters, this one has \(bytes.count)")
        }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValueError("an API key is printable ASCII without blanks; this one has something else in it")
        }
        self.bytes = bytes
    }

    /// Reads the content of an `api_key_file`; line ends at the end do not count.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - file: the name of the file, for the error.
    /// - Returns: the key.
    /// - Throws: `SettingsError` if it is too short, too long, or not printable ASCII without blanks.
    public static func parse(_ bytes: some Sequence<UInt8>, file: String) throws(SettingsError) -> APIKey {
        var key = Array(bytes)
        while key.last == 0x0A || key.last == 0x0D { key.removeLast() }
        do throws(ValueError) { return try APIKey(key) } catch {
            throw SettingsError(file: file, message: error.message)
        }
    }

    /// Compares in constant time for keys of equal length.
    public static func == (one: APIKey, other: APIKey) -> Bool {
        one.bytes.count == other.bytes.count && zip(one.bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text without the key.
    public var description: String { "APIKey(not shown)" }
    /// The same fixed text.
    public var debugDescription: String { description }
    /// A mirror without children, so that `dump` does not show the key.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

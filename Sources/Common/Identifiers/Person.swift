/// The one whose factor is asked for: a name that the system knows, and its number; where several people use that account by SSH, the
/// key by which this one is told apart.
///
/// Accounts are kept by all of it, so that a name which comes back with another uid inherits nothing.
public struct Person: Hashable, Sendable {
    public let name: String
    public let uid: UInt32
    /// Nil for whoever uses the account by any other way or key.
    public let key: KeyFingerprint?

    public init(name: String, uid: UInt32, key: KeyFingerprint? = nil) {
        self.name = name
        self.uid = uid
        self.key = key
    }

    /// The name under which the account is kept: that of the system, a blank and the key.
    public var storedName: String { key.map { "\(name) \($0)" } ?? name }

    public init(storedName: String, uid: UInt32) {
        let parts = storedName.split(separator: " ", omittingEmptySubsequences: false)
        let key = parts.count > 1 ? parts.last.flatMap { KeyFingerprint(String($0)) } : nil
        self.init(name: key == nil ? storedName : parts.dropLast().joined(separator: " "), uid: uid, key: key)
    }
}

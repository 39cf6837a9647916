/// The person whose factor is asked for: a user name of the system and its uid, and an SSH key if several people share
/// that account.
///
/// Accounts are stored under all of it, so that a name that comes back with another uid inherits nothing.
public struct Person: Hashable, Sendable {
    /// The user name.
    public let name: String
    /// The uid of the user.
    public let uid: UInt32
    /// The SSH key that tells this person apart on a shared account; nil for logins in any other way or with another
    /// key.
    public let key: KeyFingerprint?

    /// Takes name, uid and key as they are.
    public init(name: String, uid: UInt32, key: KeyFingerprint? = nil) {
        self.name = name
        self.uid = uid
        self.key = key
    }

    /// The user name, and behind a blank the key if there is one.
    public var nameWithKey: String { key.map { "\(name) \($0)" } ?? name }
}

public import Identifiers
internal import SQLite

/// What the 2FA server last said about a person.
public struct ServerView: Equatable, Sendable {
    /// The number as the server masks it; nil if it named none.
    public let phone: String?
    /// Whether the person has a device for approval requests; nil if the server did not say.
    public let hasApp: Bool?
    /// When it said so, in seconds since 1970.
    public let time: Int64

    /// Takes the values as they are.
    public init(phone: String?, hasApp: Bool?, time: Int64) {
        self.phone = phone
        self.hasApp = hasApp
        self.time = time
    }
}

extension Accounts {
    /// Stores what the server said about the AuthyID of the account, and nothing about another AuthyID.
    ///
    /// - Parameters:
    ///   - person: the person.
    ///   - authyID: the number that the server was asked about.
    ///   - view: what it said.
    /// - Returns: whether the account has that AuthyID.
    /// - Throws: `AccountsError.altered` if the row is lost or was changed; `SQLiteError`.
    @discardableResult
    public func storeServerView(of person: Person, authyID: AuthyID, _ view: ServerView) throws -> Bool {
        try write(.now) {
            try update(
                person, "seen_phone = ?3, seen_app = ?4, seen = ?5", where: "authy_id = ?2", authyID.value, view.phone,
                view.hasApp, view.time)
        }
    }
}

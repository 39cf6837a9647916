internal import Identifiers
internal import Records

/// The purpose of each sealed value; a value that is moved to another place does not open.
enum Purpose {
    static func secret(_ member: Member) -> String { secret(application: member.application, user: member.user) }
    static func secret(application: Int64, user: AuthyID) -> String { "member.secret \(application) \(user)" }
    static func genericSecret(_ member: Member) -> String {
        "member.generic_secret \(member.application) \(member.user)"
    }
    static func oneCode(_ member: Member) -> String { "member.onecode \(member.application) \(member.user)" }
    static func confirmation(_ device: String) -> String { "device.confirmation \(device)" }
    static func phoneCheck(application: Int64, id: String) -> String { "phone_check \(application) \(id)" }

    /// The purpose of an API key.
    public static func key(hint: String, application: Int64) -> String { "api_key \(application) \(hint)" }
}

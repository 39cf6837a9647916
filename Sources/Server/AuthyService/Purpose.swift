internal import Identifiers
internal import Records

/// The purpose of each sealed value; a value that is moved to another place does not open.
enum Purpose {
    static func secret(_ member: Member) -> String { secret(member.application, member.user) }
    static func secret(_ application: Int64, _ user: AuthyID) -> String { "member.secret \(application) \(user)" }
    static func genericSecret(_ member: Member) -> String {
        "member.generic_secret \(member.application) \(member.user)"
    }
    static func oneCode(_ member: Member) -> String { "member.onecode \(member.application) \(member.user)" }
    static func confirmation(_ device: String) -> String { "device.confirmation \(device)" }
    static func phoneCheck(_ application: Int64, _ id: String) -> String { "phone_check \(application) \(id)" }

    /// The purpose of an API key.
    public static func key(_ hint: String, _ application: Int64) -> String { "api_key \(application) \(hint)" }
}

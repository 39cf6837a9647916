internal import AuthyWire
internal import Identifiers
internal import Records

/// The parameters of a verification.
struct CodeCheck: Sendable {
    /// The code; nil if the text cannot be one.
    let code: OneTimeCode?
    let action: String
    /// Whether the caller knows that this person has proven a factor, so that no confirmation code confirms a phone by
    /// itself.
    let isProven: Bool
    /// The confirmation code of a new phone, given with a code of another factor; if that one is correct, the phone is
    /// confirmed.
    let confirmation: OneTimeCode?

    init(_ token: String, _ parameters: Parameters) {
        code = OneTimeCode(Array(token.utf8))
        action = parameters.text("action") ?? ""
        isProven = parameters.flag(Literal.proven, in: Literal.extensions) ?? false
        confirmation = parameters.text(Literal.confirmation, in: Literal.extensions).flatMap {
            OneTimeCode(Array($0.utf8))
        }
    }
}

/// The origin of a correct code.
enum CodeKind: Equatable, Sendable {
    /// From the phone page.
    case softToken
    /// From an authenticator app, whose secret the application has seen (users/ID/secret).
    case authenticator
    case oneCode
    /// Sent by e-mail, perhaps not only, to an address that the application has chosen.
    case mailedCode
    /// From the page of a new phone, which it has confirmed.
    case confirmation

    /// The word in the log and the history.
    var word: String {
        switch self {
        case .softToken, .authenticator: "softtoken"
        case .oneCode, .mailedCode: "onecode"
        case .confirmation: "confirmation"
        }
    }

    /// Whether only the person's phone can have shown the code, and not the application.
    var isFromPhone: Bool { self != .authenticator && self != .mailedCode }
}

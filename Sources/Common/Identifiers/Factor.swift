/// The ways to prove who one is; the raw values are the words of the settings, the log and the prompt.
public enum Factor: String, Equatable, Sendable, CaseIterable {
    /// Approve or deny on the phone.
    case oneTouch = "onetouch"
    /// A TOTP code from an app.
    case softToken = "softtoken"
    /// A OneCode by text message.
    case sms
    /// A OneCode by voice call.
    case call
    /// A recovery code, valid once, for a person who has lost the phone.
    case recovery
}

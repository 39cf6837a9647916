internal import Encoding

/// The link that brings a token into an authenticator app, mostly as a QR code (Key URI Format of Google
/// Authenticator).
///
/// It holds the secret: `text` is shown to its owner only and never logged. The value itself prints as a fixed text.
public struct OtpauthLink: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…`.
    ///
    /// `&algorithm=…`, `&digits=…` and `&period=…` follow only if they differ from the defaults of the format, which
    /// are SHA1, 6 and 30, as a shorter link makes a smaller QR code.
    public let text: String

    /// Makes the link; nil if issuer or account is empty or has a colon, which separates them.
    ///
    /// - Parameters:
    ///   - issuer: the name of the service or host that the token is for.
    ///   - account: the owner of the token, such as `zoe`.
    ///   - secret: the shared key.
    ///   - parameters: algorithm, digits and period of the token.
    public init?(issuer: String, account: String, secret: Secret, parameters: TOTP) {
        guard !issuer.isEmpty, !account.isEmpty, !issuer.utf8.contains(0x3A), !account.utf8.contains(0x3A) else {
            return nil
        }
        let name = PercentEncoding.encode(issuer)
        text =
            "otpauth://totp/\(name):\(PercentEncoding.encode(account))?secret=\(secret.base32)&issuer=\(name)"
            + Self.unusual(parameters)
    }

    private static func unusual(_ token: TOTP) -> String {
        var text = ""
        if token.algorithm != .sha1 { text += "&algorithm=\(token.algorithm.rawValue.uppercased())" }
        if token.digits != 6 { text += "&digits=\(token.digits)" }
        if token.period != 30 { text += "&period=\(token.period)" }
        return text
    }

    /// A fixed text, without the secret.
    public var description: String { "otpauth link" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// Empty, so that a dump does not show the secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

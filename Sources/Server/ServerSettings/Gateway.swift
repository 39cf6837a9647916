/// A way to get a OneCode to a person. `[[gateway]]`
public struct Gateway: Equatable, Sendable {
    /// What it is called in the delivery records, unlike all others; by default its type. `name`
    public var name: String
    /// What it carries; by default all that its type can. `for = ["sms", "call"]`
    public var kinds: [Kind]
    /// Seconds for one try, 1 to 60. `timeout`
    public var timeout = 10
    /// Further tries after a failure that may pass, 0 to 5. `retries`
    public var retries = 1
    public var type: GatewayType

    public enum Kind: String, Sendable, CaseIterable { case sms, call, email }

    public init(name: String, kinds: [Kind], type: GatewayType) {
        self.name = name
        self.kinds = kinds
        self.type = type
    }
}

/// `type = "twilio"` and so on.
public enum GatewayType: Equatable, Sendable {
    /// Messages and Calls of Twilio's REST API (2010-04-01). `account`, `token_file`, `from`, `url`
    case twilio(account: String, tokenFile: String, from: String, url: String)
    /// A JSON POST, signed. `url`, `secret_file`
    case webhook(url: String, secretFile: String)
    /// `url` (`smtp://HOST:PORT` with STARTTLS, `smtps://`; without TLS only on loopback), `from`, `user`, `password_file`; to an
    /// e-mail address, or for sms to `PHONE@domain` where `sms_domain` is set.
    case smtp(url: String, from: String, user: String?, passwordFile: String?, smsDomain: String?)
    /// An absolute path and its arguments, never through a shell; `{kind}` and `{to}` in an argument are put in. The message comes on
    /// standard input. `command = ["/usr/local/bin/send", "--to", "{to}"]`
    case command([String])
    /// To the log; only with --insecure-log-codes.
    case log
}

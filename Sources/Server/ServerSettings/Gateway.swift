/// A way to deliver OneCodes to people: one `[[gateway]]` table.
public struct Gateway: Equatable, Sendable {
    /// Its name in the delivery records, unique among the gateways; by default its type.
    ///
    /// Key: `name`.
    public var name: String
    /// The kinds of messages that it carries; by default all that its type can carry.
    ///
    /// Key: `for = ["sms", "call"]`.
    public var kinds: [Kind]
    /// Seconds for one try, 1 to 60.
    ///
    /// Key: `timeout`.
    public var timeout = 10
    /// The number of further tries after a failure that may be temporary, 0 to 5.
    ///
    /// Key: `retries`.
    public var retries = 1
    /// How it delivers, with the keys of that type.
    ///
    /// Key: `type`.
    public var type: GatewayType

    /// How a message reaches a person; the raw value is the word in the settings and in the delivery records.
    public enum Kind: String, Sendable, CaseIterable { case sms, call, email }

    /// Creates a gateway with the default timeout and retries.
    ///
    /// - Parameters:
    ///   - name: its name, unique among the gateways.
    ///   - kinds: the kinds of messages that it carries.
    ///   - type: how it delivers.
    public init(name: String, kinds: [Kind], type: GatewayType) {
        self.name = name
        self.kinds = kinds
        self.type = type
    }
}

/// How a gateway delivers: `type = "twilio"` and so on.
public enum GatewayType: Equatable, Sendable {
    /// The Messages and Calls resources of Twilio's REST API, version 2010-04-01.
    ///
    /// Keys: `account`, `token_file`, `from`, `url`.
    case twilio(account: String, tokenFile: String, from: String, url: String)
    /// A signed JSON POST.
    ///
    /// Keys: `url`, `secret_file`.
    case webhook(url: String, secretFile: String)
    /// A mail server: `smtp://HOST:PORT` with STARTTLS, or `smtps://`; without TLS only on loopback.
    ///
    /// An e-mail goes to the person's address, and an sms to `PHONE@sms_domain`, if `sms_domain` is set. Keys: `url`,
    /// `from`, `user`, `password_file`, `sms_domain`.
    case smtp(url: String, from: String, user: String?, passwordFile: String?, smsDomain: String?)
    /// A program, started without a shell: an absolute path and its arguments.
    ///
    /// `{kind}` and `{to}` in an argument are replaced; the message is on standard input. Key: `command =
    /// ["/usr/local/bin/send", "--to", "{to}"]`.
    case command([String])
    /// The server's log; `serve` requires --insecure-log-codes.
    case log
}

internal import Glibc
internal import HTTPTransport
package import ServerSettings

/// A configured gateway, with its secret read and its settings checked.
package struct GatewayClient: Sendable {
    /// One try at delivering a message.
    package struct DeliveryJob: Sendable {
        /// The message to deliver.
        package let message: OneCodeMessage
        /// A UUID in lower case, the same for every try of a message.
        package let id: String
        /// Milliseconds that this try may take.
        package let timeout: Int

        /// Creates a try.
        ///
        /// - Parameters:
        ///   - message: the message to deliver.
        ///   - id: a UUID in lower case, the same for every try of a message.
        ///   - timeout: milliseconds that this try may take.
        package init(message: OneCodeMessage, id: String, timeout: Int) {
            self.message = message
            self.id = id
            self.timeout = timeout
        }
    }

    /// The gateway's name in the settings, unique among them.
    package let name: String
    /// The kinds of messages that the gateway carries.
    package let kinds: [Gateway.Kind]
    /// The timeout of one try, and the number of retries.
    package let rule: RetryPolicy.Rule
    /// Makes one try and returns its result, within the try's timeout and a second more.
    package let carry: @Sendable (DeliveryJob) async -> GatewayResult

    /// Creates a gateway from its parts.
    ///
    /// - Parameters:
    ///   - name: the gateway's name in the settings.
    ///   - kinds: the kinds of messages that it carries.
    ///   - rule: the timeout of one try, and the number of retries.
    ///   - carry: makes one try and returns its result.
    package init(
        name: String, kinds: [Gateway.Kind], rule: RetryPolicy.Rule,
        carry: @escaping @Sendable (DeliveryJob) async -> GatewayResult
    ) {
        self.name = name
        self.kinds = kinds
        self.rule = rule
        self.carry = carry
    }
}

extension GatewayClient {
    /// Creates a gateway from its settings, and reads its secret.
    ///
    /// - Parameters:
    ///   - gateway: the settings.
    ///   - outgoing: sends the requests and runs the programs.
    ///   - log: writes a message to the log, with its code, for a gateway of type `log`.
    /// - Throws: `DeliveryError`, which names the gateway, if its secret cannot be read, its URL is not allowed, or its
    ///   type cannot carry one of its kinds.
    init(_ gateway: Gateway, outgoing: OutgoingClient, log: @escaping @Sendable (OneCodeMessage) -> Void)
        throws(DeliveryError)
    {
        let rule = RetryPolicy.Rule(
            timeout: max(1, min(60, gateway.timeout)) * 1_000, retries: max(0, min(5, gateway.retries)))
        do {
            try Self.check(gateway)
            let carry = try Self.carry(by: gateway.type, over: outgoing, log: log)
            self.init(name: gateway.name, kinds: gateway.kinds, rule: rule, carry: carry)
        } catch {
            throw DeliveryError("gateway \(gateway.name): \(error.description)")
        }
    }

    private static func check(_ gateway: Gateway) throws(DeliveryError) {
        switch gateway.type {
        case .twilio where gateway.kinds.contains(.email): throw DeliveryError("twilio carries sms and call only")
        case .smtp where gateway.kinds.contains(.call): throw DeliveryError("smtp carries email and sms only")
        case .smtp(_, _, _, _, nil) where gateway.kinds.contains(.sms):
            throw DeliveryError("sms by smtp needs sms_domain")
        default: break
        }
    }

    private static func carry(
        by type: GatewayType, over outgoing: OutgoingClient, log: @escaping @Sendable (OneCodeMessage) -> Void
    ) throws(DeliveryError) -> @Sendable (DeliveryJob) async -> GatewayResult {
        switch type {
        case .twilio(let account, let tokenFile, let from, let url):
            let twilio = try Twilio(account: account, token: SecretFile.text(tokenFile), from: from, url: url)
            return { GatewayResult.http(await outgoing.send(twilio.request($0)), note: Twilio.note) }
        case .webhook(let url, let secretFile):
            let webhook = try Webhook(url: url, secret: SecretFile.bytes(secretFile))
            return { GatewayResult.http(await outgoing.send(webhook.request($0, at: secondsNow()))) }
        case .smtp(let url, let from, let user, let passwordFile, let smsDomain):
            let password: Password? = if let passwordFile { try SecretFile.text(passwordFile) } else { nil }
            let mailer = try Mailer(url: url, from: from, user: user, password: password, smsDomain: smsDomain)
            return { GatewayResult.mail(await outgoing.send(mailer.request($0, at: secondsNow()))) }
        case .command(let words):
            let program = try CommandGateway(words)
            return { await outgoing.run(program, for: $0) }
        case .log:
            return {
                log($0.message)
                return .accepted("written to the log")
            }
        }
    }

    private static func secondsNow() -> Int64 { Int64(time(nil)) }

    /// Requires https, or http to a loopback address: codes and passwords never cross a network in the clear.
    static func checkHTTP(_ text: String) throws(DeliveryError) {
        guard let url = ParsedURL(text), url.scheme == "https" || url.scheme == "http" && url.isLoopback else {
            throw DeliveryError("the url must be https://, or http:// to this machine, and without user information")
        }
    }
}

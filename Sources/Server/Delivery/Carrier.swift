internal import Glibc
package import ServerSettings

/// A gateway that is ready for work.
package struct Carrier: Sendable {
    /// One try.
    package struct Load: Sendable {
        package let message: OneCodeMessage
        /// The same for every try of a message, in lower case.
        package let id: String
        /// Milliseconds.
        package let timeout: Int

        package init(message: OneCodeMessage, id: String, timeout: Int) {
            self.message = message
            self.id = id
            self.timeout = timeout
        }
    }

    package let name: String
    package let kinds: [Gateway.Kind]
    package let rule: Tries.Rule
    package let carry: @Sendable (Load) async -> Verdict

    package init(
        name: String, kinds: [Gateway.Kind], rule: Tries.Rule, carry: @escaping @Sendable (Load) async -> Verdict
    ) {
        self.name = name
        self.kinds = kinds
        self.rule = rule
        self.carry = carry
    }
}

extension Carrier {
    /// Reads its secret, and refuses what it cannot carry.
    init(_ gateway: Gateway, outgoing: Outgoing, log: @escaping @Sendable (OneCodeMessage) -> Void)
        throws(DeliveryError)
    {
        let rule = Tries.Rule(
            timeout: max(1, min(60, gateway.timeout)) * 1_000, retries: max(0, min(5, gateway.retries)))
        do {
            try Self.check(gateway)
            let carry = try Self.carry(gateway.type, outgoing, log)
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
        _ type: GatewayType, _ outgoing: Outgoing, _ log: @escaping @Sendable (OneCodeMessage) -> Void
    ) throws(DeliveryError) -> @Sendable (Load) async -> Verdict {
        switch type {
        case .twilio(let account, let tokenFile, let from, let url):
            let twilio = try Twilio(account: account, token: SecretFile.text(tokenFile), from: from, url: url)
            return { Verdict.http(await outgoing.send(twilio.request($0)), note: Twilio.note) }
        case .webhook(let url, let secretFile):
            let webhook = try Webhook(url: url, secret: SecretFile.bytes(secretFile))
            return { Verdict.http(await outgoing.send(webhook.request($0, at: secondsNow()))) }
        case .smtp(let url, let from, let user, let passwordFile, let smsDomain):
            let password: Password? = if let passwordFile { try SecretFile.text(passwordFile) } else { nil }
            let mailer = try Mailer(url: url, from: from, user: user, password: password, smsDomain: smsDomain)
            return { Verdict.mail(await outgoing.send(mailer.request($0, at: secondsNow()))) }
        case .command(let words):
            let program = try Program(words)
            return { await outgoing.run(program, $0) }
        case .log:
            return {
                log($0.message)
                return .taken("written to the log")
            }
        }
    }

    private static func secondsNow() -> Int64 { Int64(time(nil)) }

    /// Codes and passwords go by https, or stay on this machine.
    static func checkHTTP(_ text: String) throws(DeliveryError) {
        guard let url = TargetURL(text), url.scheme == "https" || url.scheme == "http" && url.isLoopback else {
            throw DeliveryError("the url must be https://, or http:// to this machine, and without user information")
        }
    }
}

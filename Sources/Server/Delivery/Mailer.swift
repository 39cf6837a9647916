internal import HTTPTransport
internal import ServerSettings

/// A gateway that submits mail to an SMTP server.
package struct Mailer: Sendable {
    private let url: String
    private let from: String
    private let user: String?
    private let password: Password?
    private let smsDomain: String?

    /// Creates a mailer.
    ///
    /// - Parameters:
    ///   - url: `smtp://` or `smtps://`, without user information.
    ///   - from: the sender's address.
    ///   - user: the user of SMTP AUTH; nil for none.
    ///   - password: the password of SMTP AUTH; nil if and only if `user` is.
    ///   - smsDomain: the domain whose mailboxes are phone numbers; nil if it sends no sms.
    /// - Throws: `DeliveryError` if one of them is malformed.
    init(url: String, from: String, user: String?, password: Password?, smsDomain: String?) throws(DeliveryError) {
        guard let target = ParsedURL(url), ["smtp", "smtps"].contains(target.scheme) else {
            throw DeliveryError("the url must be smtp:// or smtps://, and without user information")
        }
        guard Recipient.isMail(from) else { throw DeliveryError("from is no e-mail address") }
        if let smsDomain, !Recipient.isDomain(smsDomain.utf8) { throw DeliveryError("sms_domain is no domain") }
        guard (user == nil) == (password == nil) else { throw DeliveryError("user and password_file go together") }
        self.url = url
        self.from = from
        self.user = user
        self.password = password
        self.smsDomain = smsDomain
    }

    /// Builds the request for one try.
    ///
    /// - Parameters:
    ///   - job: the message and its timeout.
    ///   - now: Unix seconds.
    /// - Returns: a request with an envelope.
    func request(_ job: GatewayClient.DeliveryJob, at now: Int64) -> OutgoingRequest {
        let to = recipient(job.message)
        let mail = Mail(
            from: from, to: to, subject: job.message.subject, text: job.message.text, id: job.id, date: now)
        var request = OutgoingRequest(
            url: url, body: Array(mail.text(withSubject: job.message.kind == .email).utf8), timeout: job.timeout,
            user: user,
            password: password?.text)
        request.envelope = Envelope(sender: from, recipient: to)
        return request
    }

    /// Returns the address; a phone number becomes, without its `+`, a mailbox of `smsDomain`.
    private func recipient(_ message: OneCodeMessage) -> String {
        guard message.kind != .email, let smsDomain else { return message.to }
        return "\(message.to.dropFirst())@\(smsDomain)"
    }
}

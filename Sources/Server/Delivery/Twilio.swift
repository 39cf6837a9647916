internal import Encoding
internal import ServerSettings

/// A gateway that uses the Messages and Calls resources of Twilio's REST API, version 2010-04-01.
package struct Twilio: Sendable {
    private let account: String
    private let token: Password
    /// The form field that names the sender, and its value.
    private let sender: (name: String, value: String)
    private let url: String

    init(account: String, token: Password, from: String, url: String) throws(DeliveryError) {
        let isName = !account.isEmpty && account.utf8.allSatisfy { PercentEncoding.isUnreserved($0) }
        guard isName else { throw DeliveryError("account is no account SID") }
        self.account = account
        self.token = token
        let isService = from.hasPrefix("MG") && from.utf8.count == 34
        let field = if isService { "MessagingServiceSid" } else { "From" }
        sender = (field, from)
        self.url = if url.hasSuffix("/") { String(url.dropLast()) } else { url }
        try GatewayClient.checkHTTP(self.url)
    }

    func request(_ job: GatewayClient.DeliveryJob) -> OutgoingRequest {
        let (message, isCall) = (job.message, job.message.kind == .call)
        let text = if isCall { ("Twiml", Self.twiml(message)) } else { ("Body", message.text) }
        let resource = if isCall { "Calls" } else { "Messages" }
        return OutgoingRequest(
            url: "\(url)/2010-04-01/Accounts/\(account)/\(resource).json",
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: Array(PercentEncoding.encode(pairs: [("To", message.to), sender, text]).utf8), timeout: job.timeout,
            user: account, password: token.text)
    }

    /// Returns TwiML that says the text twice, with the code digit by digit.
    package static func twiml(_ message: OneCodeMessage) -> String {
        let say = "<Say>\(escaped(spoken(message)))</Say>"
        return "<Response>\(say)<Pause length=\"1\"/>\(say)</Response>"
    }

    private static func spoken(_ message: OneCodeMessage) -> String {
        let digits = message.code.map { String($0) }.joined(separator: ", ")
        guard !message.code.isEmpty else { return message.text }
        let parts = parts(of: message.text, around: message.code)
        return if parts.count > 1 { parts.joined(separator: digits) } else { "\(message.text) \(digits)." }
    }

    /// Splits the text at each occurrence of a word.
    private static func parts(of text: String, around word: String) -> [String] {
        var parts: [String] = []
        var (rest, part) = (text[...], "")
        while let next = rest.first {
            if rest.hasPrefix(word) {
                parts.append(part)
                part = ""
                rest = rest.dropFirst(word.count)
            } else {
                part.append(next)
                rest = rest.dropFirst()
            }
        }
        return parts + [part]
    }

    /// Escapes text for an XML element; characters that XML does not allow become blanks.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }

    /// Returns `, Twilio error N` if the response contains an error code, else an empty string.
    ///
    /// Nothing else of the response is kept, since its message repeats the phone number.
    package static func note(_ body: [UInt8]) -> String {
        let digits = "0123456789".utf8
        for start in body.indices where body[start...].starts(with: "\"code\":".utf8) {
            let number = body.dropFirst(start + 7).drop { $0 == 0x20 }.prefix { digits.contains($0) }
            if (5...6).contains(number.count) { return ", Twilio error \(String(decoding: number, as: UTF8.self))" }
        }
        return ""
    }
}

/// Everything that Countersign says to the person who logs in: plain ASCII, one calm sentence and what to do next.
public enum Texts {
    public static let notEnrolled =
        "Two-factor login is required here and you are not enrolled. Ask your system administrator to enrol you."
    public static let graceOver =
        "Your logins without a second factor are used up. Ask your system administrator to enrol you."
    public static let unavailable = "Two-factor login does not work at the moment. Tell your system administrator."
    public static let again = "Please log in again."
    static let deniedOnPhone = "The request was denied on the phone."
    static let timeout = "This took too long. Please log in again."
    static let locked = "Codes are not taken at the moment, after too many wrong ones. Try again later or ask your system administrator."
    static let lockedUsePhone = "Codes are not taken at the moment, after too many wrong ones."
    static let noFactor = "No second factor can be asked for here. Ask your system administrator."
    static let wrongCode = "That code was not accepted. Wait for a new one and try again."
    static let noMoreTries = "That code was not accepted. Please log in again later."
    static let noCode = "That is no code. A code has 6 to 10 digits."
    static let noSuchWord = "That does not apply here."
    static let notApprovedYet = "Not approved yet."
    static let requestExpired = "The request on your phone has expired."
    static let serverSilent = "The 2FA server does not answer."
    static let serverRefuses = "The 2FA server cannot be used at the moment."
    static let noDevice = "No request could be sent to your phone."
    static let pushPaused = "No request was sent to your phone, as one was denied there a short while ago."
    static let tooManyPushes = "No request was sent to your phone: there were too many lately."
    static let tooManyOneCodes = "No code was sent: there were too many lately."
    static let oneCodeNotSent = "No code could be sent that way."
    static let graceUsedUp = "No logins without a second factor are left."

    static func oneCodeSent(_ factor: Factor) -> String {
        factor == .call ? "You are being called with a code." : "A code was sent to your phone by text message."
    }

    static func waiting(number: CheckNumber?, codes: Bool) -> String {
        let shown = number.map { " (the number is \($0))" } ?? ""
        return "Approve the request on your phone\(shown)\(codes ? ", or press Ctrl-C to type a code" : "")."
    }

    /// - Parameter left: how many are left after this one.
    public static func grace(left: Int, until: EnrolmentRules.Day?) -> String {
        let logins = left == 0 ? "after this login" : left == 1 ? "after 1 more login" : "after \(left) more logins"
        let day = left == 0 ? "" : until.map { " or after \($0)" } ?? ""
        return "Two-factor login becomes mandatory \(logins)\(day). Ask your system administrator to enrol you."
    }

    /// The prompt, naming what applies and nothing else.
    static func prompt(approve: Bool, number: CheckNumber?, codes: Bool, words: [Word]) -> String {
        let shown = number.map { " (the number is \($0))" } ?? ""
        let offered = words.isEmpty ? "" : " [\(words.map(\.rawValue).joined(separator: ", "))]"
        return switch (approve, codes) {
        case (true, true): "Approve on your phone\(shown) and press Enter, or type a code\(offered): "
        case (true, false): "Approve on your phone\(shown) and press Enter\(offered): "
        case (false, true): "Code\(offered): "
        case (false, false): "Type \(words.map(\.rawValue).joined(separator: " or ")): "
        }
    }
}

/// What can be typed besides a code.
public enum Word: String, Equatable, Sendable, CaseIterable { case sms, call, push, skip }

/// The number that the login shows and the phone asks for: two digits, 10 to 99.
public struct CheckNumber: Equatable, Sendable, CustomStringConvertible {
    public let value: Int

    public init?(_ value: Int) {
        guard (10...99).contains(value) else { return nil }
        self.value = value
    }

    public var description: String { String(value) }
}

extension EnrolmentRules.Day: CustomStringConvertible {
    public var description: String {
        let pad = { (number: Int, width: Int) in String(repeating: "0", count: max(0, width - String(number).count)) + String(number) }
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
    }
}

/// What came back from a prompt.
public enum Answer: Equatable, Sendable {
    /// No answer: the conversation ended or failed.
    case nothing
    /// What sshd hands on instead of the answer where it will refuse the login whatever we say.
    case standIn
    case enter
    case word(Word)
    case code(OneTimeCode)
    case other

    public init(_ typed: [UInt8]?) {
        guard let typed else {
            self = .nothing
            return
        }
        let trimmed = Self.trimmed(typed)
        let word = String(decoding: trimmed.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        self =
            if Self.isStandIn(typed) {
                .standIn
            } else if trimmed.isEmpty {
                .enter
            } else if let word = Word(rawValue: word) {
                .word(word)
            } else if let code = OneTimeCode(trimmed) {
                .code(code)
            } else {
                .other
            }
    }

    private static func trimmed(_ typed: [UInt8]) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var rest = typed.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// sshd writes this over and over until it is as long as what was typed (OpenSSH, auth-pam.c, `fake_password`).
    private static func isStandIn(_ typed: [UInt8]) -> Bool {
        let pattern = Array("\u{8}\n\r\u{7F}INCORRECT".utf8)
        return !typed.isEmpty && typed.enumerated().allSatisfy { pattern[$0.offset % pattern.count] == $0.element }
    }
}

public import Identifiers

/// The texts that a user sees while logging in.
///
/// Plain ASCII, since sshd and old clients garble the rest: one sentence about what happened, and what to do next.
public enum Texts {
    /// Final text: the user has no factor, and one is required, or no grace login is left.
    public static let notEnrolled =
        "You must set up a second factor before you can log in. Contact your administrator."
    /// Final text of every decision `unavailable` whose cause is for the administrator.
    public static let unavailable = "Two-factor login does not work at the moment. Tell your administrator."
    /// Final text: the proof no longer holds, because the account has changed during the login.
    public static let again = "Please log in again."
    static let deniedOnPhone = "Denied on your phone. If that was not you, tell your administrator."
    static let timeout = "This took too long. Please log in again."
    static let locked =
        "Too many wrong codes. Codes are blocked for now: try again later, or contact your administrator."
    static let lockedUsePhone = "Too many wrong codes. Codes are blocked for now; approve on your phone instead."
    static let noFactor = "No second factor can be asked for here. Contact your administrator."
    static let wrongCode = "That code was not accepted. Wait for a new one and try again."
    static let confirmationCode = """
        That code confirms a new phone and is not a login. Log in with another code, or ask your administrator to \
        confirm the phone.
        """
    static let phoneConfirmed = """
        That code has confirmed a new phone and is not a login. If you did not add a phone, tell your administrator \
        now.
        """
    static let wrongSentCode =
        "That code was not accepted. Compare it with the one that was sent to you, and type it again."
    static let noMoreTries = "That code was not accepted. Please log in again later."
    static let noCode = "That does not look like a code. Codes have 6 to 10 digits."
    static let noSuchWord = "Not recognized. Type a code or one of the words shown."
    static let notApprovedYet = "Not approved yet."
    static let requestExpired = "The request on your phone has expired."
    static let serverSilent = "The 2FA server does not answer."
    static let serverRefuses = "The 2FA server cannot be used at the moment."
    static let serverLimited =
        "Too many codes or requests lately: the 2FA server takes no more for now. Try again later."
    static let noDevice = "No request could be sent to your phone."
    static let pushPaused = "A login was denied on your phone a short while ago, so it was not asked again."
    static let tooManyPushes = "No request was sent to your phone: there were too many lately."
    static let tooManyOneCodes = "No code was sent: there were too many lately."
    static let oneCodeNotSent = "The code could not be sent. Try another way."
    static let graceUsedUp = "No logins without a second factor are left."
    static let recoveryPrompt = "Recovery code: "
    static let wrongRecoveryCode = "That recovery code was not accepted. Each is good once."
    static let noRecoveryCode = "That does not look like a recovery code. It has 8 to 32 letters and digits."

    /// Shown after an approved login: wrong codes were typed since the last one.
    ///
    /// - Parameter count: how many, at least one.
    /// - Returns: two sentences.
    public static func wrongCodes(_ count: Int) -> String {
        let codes = count == 1 ? "1 wrong code was" : "\(count) wrong codes were"
        return "\(codes) typed for your account since your last login. If that was not you, tell your administrator."
    }

    static func oneCodeSent(_ factor: Factor) -> String {
        factor == .call ? "You are being called with a code." : "A code was sent to your phone by text message."
    }

    /// Shown while the phone is asked.
    ///
    /// - Parameters:
    ///   - number: the check number to show, or nil for none.
    ///   - enter: whether Enter opens the prompt.
    /// - Returns: one or two sentences.
    static func waiting(number: CheckNumber?, enter: Bool) -> String {
        let approve =
            number.map { "Check your phone and enter \($0) there to approve." } ?? "Check your phone to approve."
        return enter ? "\(approve) Press Enter here to type a code instead." : approve
    }

    /// Shown after a grace login: when a factor becomes mandatory.
    ///
    /// - Parameters:
    ///   - left: how many grace logins are left after this one.
    ///   - until: the last day of grace, or nil for no end.
    ///   - isOffered: whether the next login offers to enroll.
    /// - Returns: two sentences.
    public static func grace(left: Int, until: CivilDay?, isOffered: Bool = false) -> String {
        let advice =
            isOffered && left > 0
            ? "To enroll, type your number at the next login." : "Contact your administrator to set one up."
        return "\(mandatory(after: left, until: until)) \(advice)"
    }

    private static func mandatory(after left: Int, until: CivilDay?) -> String {
        if left == 0 { return "This is your last login without a second factor." }
        let times = left == 1 ? "1 more time" : "\(left) more times"
        let day = until.map { ", until \($0)" } ?? ""
        return "You can log in \(times) without a second factor\(day)."
    }

    /// Shown after a login with a recovery code.
    ///
    /// - Parameter left: how many are left after this one.
    /// - Returns: one or two sentences.
    static func recovered(left: Int) -> String {
        let codes = left <= 0 ? "no recovery codes" : left == 1 ? "1 recovery code" : "\(left) recovery codes"
        return "You have \(codes) left.\(left <= 3 ? " Ask your administrator for new ones." : "")"
    }

    // MARK: the offer to enroll

    static let noNumber =
        "That does not look like a phone number. Type it with its country code, as in +49 151 12345678."
    static let numberRefused = "That number cannot be used. Check it and type it again."
    static let enterAgain = "Press Enter once more to log in without enrolling, or type your mobile number."
    /// Shown before opting out, unless the settings have their own text.
    public static let optOut = """
        Without a second factor, anyone who learns your password can log in as you. Your administrator sees who has \
        opted out.
        """
    static let namePrompt = "To do without, type your user name; Enter goes back: "
    static let notOptedOut = "You have not opted out."

    /// The offer to enroll: the settings' text, with `%n` replaced by the number of grace logins left, or ours.
    static func offer(_ facts: EnrolmentFlow.Facts) -> String {
        guard let text = facts.rules.atLoginText else { return offer(left: facts.left, until: facts.rules.graceUntil) }
        let parts = text.split(separator: "%n", omittingEmptySubsequences: false)
        return parts.joined(separator: String(facts.left))
    }

    /// The built-in offer to enroll.
    ///
    /// - Parameters:
    ///   - left: how many grace logins are left, this one included.
    ///   - until: the last day of grace, or nil for no end.
    /// - Returns: two sentences.
    static func offer(left: Int, until: CivilDay?) -> String {
        mandatory(after: left, until: until) + " Enter your mobile number to enroll now, or type skip."
    }

    static func numberPrompt(mayOptOut: Bool) -> String { "Mobile number (or skip\(mayOptOut ? ", never" : "")): " }

    static func codeSent(_ way: Factor, to number: PhoneNumber) -> String {
        let sent =
            way == .call
            ? "You are being called with a code at \(number.maskedWithCode)."
            : "A code was sent to \(number.maskedWithCode)."
        return sent + " Type it, or another number beginning with +."
    }

    static func enrolled(_ number: PhoneNumber) -> String {
        "Phone \(number.maskedWithCode) is set up. From your next login on, you confirm with it."
    }

    /// The code prompt, which names only what applies.
    ///
    /// - Parameters:
    ///   - approves: whether a request is open on the phone.
    ///   - number: the check number to show, or nil for none.
    ///   - codes: whether a code can be typed.
    ///   - words: the words that can be typed.
    /// - Returns: a prompt that ends with a blank.
    static func prompt(approves: Bool, number: CheckNumber?, codes: Bool, words: [Word]) -> String {
        let approve = number.map { "Enter \($0) on your phone to approve" } ?? "Approve on your phone"
        let here = number == nil ? "" : " here"
        let words = words.map(\.rawValue)
        let list = words.joined(separator: ", ")
        return switch (approves, codes) {
        case (true, true): "\(approve), then press Enter\(here). Or type a code\(words.isEmpty ? "" : " (\(list))"): "
        case (true, false): "\(approve), then press Enter\(here)\(words.isEmpty ? "" : " (or \(list))"): "
        case (false, true): "Verification code\(words.isEmpty ? "" : " (or \(list))"): "
        case (false, false): "Type \(words.joined(separator: " or ")): "
        }
    }
}

public import Identifiers

/// The texts that a user sees while logging in.
///
/// Plain ASCII, since sshd and old clients garble the rest: one sentence about what happened, and what to do next.
public enum Texts {
    /// Final text: the user has no factor, and one is required.
    public static let notEnrolled =
        "Two-factor login is required here and you are not enrolled. Ask your system administrator to enrol you."
    /// Final text: the user has no factor, and no grace login is left.
    public static let graceOver =
        "Your logins without a second factor are used up. Ask your system administrator to enrol you."
    /// Final text of every decision `unavailable` whose cause is for the administrator.
    public static let unavailable = "Two-factor login does not work at the moment. Tell your system administrator."
    /// Final text: the proof no longer holds, because the account has changed during the login.
    public static let again = "Please log in again."
    static let deniedOnPhone = "The request was denied on the phone."
    static let timeout = "This took too long. Please log in again."
    static let locked = """
        Codes are not taken at the moment, after too many wrong ones. Try again later or ask your system \
        administrator.
        """
    static let lockedUsePhone = "Codes are not taken at the moment, after too many wrong ones."
    static let noFactor = "No second factor can be asked for here. Ask your system administrator."
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
    static let noCode = "That is no code. A code has 6 to 10 digits."
    static let noSuchWord = "That does not apply here."
    static let notApprovedYet = "Not approved yet."
    static let requestExpired = "The request on your phone has expired."
    static let serverSilent = "The 2FA server does not answer."
    static let serverRefuses = "The 2FA server cannot be used at the moment."
    static let serverLimited =
        "Too many codes or requests lately: the 2FA server takes no more for now. Try again later."
    static let noDevice = "No request could be sent to your phone."
    static let pushPaused = "No request was sent to your phone, as one was denied there a short while ago."
    static let tooManyPushes = "No request was sent to your phone: there were too many lately."
    static let tooManyOneCodes = "No code was sent: there were too many lately."
    static let oneCodeNotSent = "No code could be sent that way."
    static let graceUsedUp = "No logins without a second factor are left."
    static let recoveryPrompt = "Recovery code: "
    static let wrongRecoveryCode = "That recovery code was not accepted. Each is good once."
    static let noRecoveryCode = "That is no recovery code. It has 8 to 32 letters and digits."

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
            ? "To enrol, type your number at the next login." : "Ask your system administrator to enrol you."
        return "\(mandatory(after: left, until: until)) \(advice)"
    }

    private static func mandatory(after left: Int, until: CivilDay?) -> String {
        let logins = left == 0 ? "after this login" : left == 1 ? "after 1 more login" : "after \(left) more logins"
        let day = left == 0 ? "" : until.map { " or after \($0)" } ?? ""
        return "Two-factor login becomes mandatory \(logins)\(day)."
    }

    /// Shown after a login with a recovery code.
    ///
    /// - Parameter left: how many are left after this one.
    /// - Returns: one or two sentences.
    static func recovered(left: Int) -> String {
        let codes = left <= 0 ? "no recovery codes" : left == 1 ? "1 recovery code" : "\(left) recovery codes"
        return "You have \(codes) left.\(left <= 3 ? " Ask your system administrator for new ones." : "")"
    }

    // MARK: the offer to enroll

    static let noNumber = "That is no telephone number. Type it with its country code, as in +49 151 12345678."
    static let numberRefused = "That number cannot be used. Check it and type it again."
    static let enterAgain = "Press Enter once more to log in without enrolling, or type your mobile number."
    /// Shown before opting out, unless the settings have their own text.
    public static let optOut = """
        Without a second factor, whoever learns your password logs in as you. Your system administrator sees who has \
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
        mandatory(after: left, until: until) + " Enter your mobile number to enrol now, or type skip."
    }

    static func numberPrompt(mayOptOut: Bool) -> String { "Mobile number [skip\(mayOptOut ? ", never" : "")]: " }

    static func codeSent(_ way: Factor, to number: PhoneNumber) -> String {
        let sent =
            way == .call
            ? "You are being called with a code at \(number.maskedWithCode)."
            : "A code was sent to \(number.maskedWithCode)."
        return sent + " Type it, or another number beginning with +."
    }

    static func enrolled(_ number: PhoneNumber) -> String {
        "You are enrolled with \(number.maskedWithCode). From now on you are asked for a second factor."
    }

    /// The code prompt, which names only what applies.
    ///
    /// - Parameters:
    ///   - approve: whether a request is open on the phone.
    ///   - number: the check number to show, or nil for none.
    ///   - codes: whether a code can be typed.
    ///   - words: the words that can be typed.
    /// - Returns: a prompt that ends with a blank.
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

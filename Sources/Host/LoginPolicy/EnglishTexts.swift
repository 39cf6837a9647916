/// The English texts: what stands where `texts.toml` has no other.
///
/// Plain ASCII: one sentence about what happened, and what to do next.
extension TextID {
    /// The built-in text.
    public var english: Wording {
        switch self {
        case .notEnrolled: "You must set up a second factor before you can log in. Contact your administrator."
        case .unavailable: "Two-factor login does not work at the moment. Tell your administrator."
        case .again: "Please log in again."
        case .deniedOnPhone: "Denied on your phone. If that was not you, tell your administrator."
        case .timeout: "This took too long. Please log in again."
        case .locked: "Too many wrong codes. Codes are blocked for now: try again later, or contact your administrator."
        case .noFactor: "No second factor can be asked for here. Contact your administrator."
        case .noMoreTries: "That code was not accepted. Please log in again later."
        case .phoneConfirmed:
            """
            That code has confirmed a new phone and is not a login. If you did not add a phone, tell your \
            administrator now.
            """
        case .wrongCodes:
            Wording(
                one: """
                    {count} wrong code was typed for your account since your last login. If that was not you, tell \
                    your administrator.
                    """,
                other: """
                    {count} wrong codes were typed for your account since your last login. If that was not you, tell \
                    your administrator.
                    """)

        case .waiting: "Check your phone to approve."
        case .waitingNumber: "Check your phone and enter {number} there to approve."
        case .waitingEnter: "Press Enter here to type a code instead."
        case .notApprovedYet: "Not approved yet."
        case .requestExpired: "The request on your phone has expired."
        case .noDevice: "No request could be sent to your phone."
        case .pushPaused: "A login was denied on your phone a short while ago, so it was not asked again."
        case .tooManyPushes: "No request was sent to your phone: there were too many lately."

        case .promptCode: "Verification code:"
        case .promptCodeWords: "Verification code (or {words}):"
        case .promptWords: "Type {words}:"
        case .promptApprove: "Approve on your phone, then press Enter:"
        case .promptApproveWords: "Approve on your phone, then press Enter (or {words}):"
        case .promptNumber: "Enter {number} on your phone to approve, then press Enter here:"
        case .promptNumberWords: "Enter {number} on your phone to approve, then press Enter here (or {words}):"
        case .promptApproveOrCode: "Approve on your phone, then press Enter. Or type a code:"
        case .promptApproveOrCodeWords: "Approve on your phone, then press Enter. Or type a code ({words}):"
        case .promptNumberOrCode: "Enter {number} on your phone to approve, then press Enter here. Or type a code:"
        case .promptNumberOrCodeWords:
            "Enter {number} on your phone to approve, then press Enter here. Or type a code ({words}):"
        case .wordOrWord: "{first} or {second}"

        case .wrongCode: "That code was not accepted. Wait for a new one and try again."
        case .wrongSentCode:
            "That code was not accepted. Compare it with the one that was sent to you, and type it again."
        case .confirmationCode:
            """
            That code confirms a new phone and is not a login. Log in with another code, or ask your administrator to \
            confirm the phone.
            """
        case .noCode: "That does not look like a code. Codes have 6 to 10 digits."
        case .noSuchWord: "Not recognized. Type a code or one of the words shown."
        case .lockedUsePhone: "Too many wrong codes. Codes are blocked for now; approve on your phone instead."
        case .oneCodeSent: "A code was sent to your phone by text message."
        case .oneCodeCalled: "You are being called with a code."
        case .oneCodeNotSent: "The code could not be sent. Try another way."
        case .tooManyOneCodes: "No code was sent: there were too many lately."
        case .recoveryPrompt: "Recovery code:"
        case .wrongRecoveryCode: "That recovery code was not accepted. Each is good once."
        case .noRecoveryCode: "That does not look like a recovery code. It has 8 to 32 letters and digits."
        case .recoveryLeft:
            Wording(one: "You have {count} recovery code left.", other: "You have {count} recovery codes left.")
        case .recoveryNoneLeft: "You have no recovery codes left."
        case .recoveryAskForMore: "Ask your administrator for new ones."

        case .serverSilent: "The 2FA server does not answer."
        case .serverRefuses: "The 2FA server cannot be used at the moment."
        case .serverLimited: "Too many codes or requests lately: the 2FA server takes no more for now. Try again later."

        case .graceLeft:
            Wording(
                one: "You can log in {count} more time without a second factor.",
                other: "You can log in {count} more times without a second factor.")
        case .graceLeftUntil:
            Wording(
                one: "You can log in {count} more time without a second factor, until {day}.",
                other: "You can log in {count} more times without a second factor, until {day}.")
        case .graceLast: "This is your last login without a second factor."
        case .graceContact: "Contact your administrator to set one up."
        case .graceEnroll: "To enroll, type your number at the next login."
        case .graceUsedUp: "No logins without a second factor are left."

        case .offerNumber: "Enter your mobile number to enroll now, or type skip."
        case .numberPrompt: "Mobile number (or {words}):"
        case .noNumber: "That does not look like a phone number. Type it with its country code, as in +49 151 12345678."
        case .numberRefused: "That number cannot be used. Check it and type it again."
        case .enterAgain: "Press Enter once more to log in without enrolling, or type your mobile number."
        case .codeSent: "A code was sent to {phone}."
        case .codeCalled: "You are being called with a code at {phone}."
        case .codeNext: "Type it, or another number beginning with +."
        case .enrolled: "Phone {phone} is set up. From your next login on, you confirm with it."
        case .optOut:
            """
            Without a second factor, anyone who learns your password can log in as you. Your administrator sees who \
            has opted out.
            """
        case .namePrompt: "To do without, type your user name; Enter goes back:"
        case .notOptedOut: "You have not opted out."

        case .phoneLogin: "Are you logging in to {host}?"
        case .phoneSudo: "Are you running a command on {host}?"
        case .phoneSu: "Are you switching users on {host}?"
        case .phoneSSH: "SSH login"
        case .phoneConsole: "Console login"
        case .labelUser: "User"
        case .labelService: "Service"
        case .labelAddress: "Address"
        case .labelCommand: "Command"
        case .labelCaller: "Asked by"
        }
    }
}

/// The ids of the texts that the host writes: what people read in a login, and the request on the phone.
///
/// The raw value is the key in `texts.toml` (countersign.toml(5)).
public enum TextID: String, Sendable, CaseIterable {
    // How a login ends.
    case notEnrolled = "not_enrolled"
    case unavailable
    case again
    case deniedOnPhone = "denied_on_phone"
    case timeout
    case locked
    case noFactor = "no_factor"
    case noMoreTries = "no_more_tries"
    case phoneConfirmed = "phone_confirmed"
    case wrongCodes = "wrong_codes"

    // The request on the phone, as seen from the login.
    case waiting
    case waitingNumber = "waiting_number"
    case waitingEnter = "waiting_enter"
    case notApprovedYet = "not_approved_yet"
    case requestExpired = "request_expired"
    case noDevice = "no_device"
    case pushPaused = "push_paused"
    case tooManyPushes = "too_many_pushes"

    // Prompts.
    case promptCode = "prompt_code"
    case promptCodeWords = "prompt_code_words"
    case promptWords = "prompt_words"
    case promptApprove = "prompt_approve"
    case promptApproveWords = "prompt_approve_words"
    case promptNumber = "prompt_number"
    case promptNumberWords = "prompt_number_words"
    case promptApproveOrCode = "prompt_approve_or_code"
    case promptApproveOrCodeWords = "prompt_approve_or_code_words"
    case promptNumberOrCode = "prompt_number_or_code"
    case promptNumberOrCodeWords = "prompt_number_or_code_words"
    case wordOrWord = "word_or_word"

    // Codes.
    case wrongCode = "wrong_code"
    case wrongSentCode = "wrong_sent_code"
    case confirmationCode = "confirmation_code"
    case noCode = "no_code"
    case noSuchWord = "no_such_word"
    case lockedUsePhone = "locked_use_phone"
    case oneCodeSent = "one_code_sent"
    case oneCodeCalled = "one_code_called"
    case oneCodeNotSent = "one_code_not_sent"
    case tooManyOneCodes = "too_many_one_codes"
    case recoveryPrompt = "recovery_prompt"
    case wrongRecoveryCode = "wrong_recovery_code"
    case noRecoveryCode = "no_recovery_code"
    case recoveryLeft = "recovery_left"
    case recoveryNoneLeft = "recovery_none_left"
    case recoveryAskForMore = "recovery_ask_for_more"

    // The 2FA server.
    case serverSilent = "server_silent"
    case serverRefuses = "server_refuses"
    case serverLimited = "server_limited"

    // Grace logins.
    case graceLeft = "grace_left"
    case graceLeftUntil = "grace_left_until"
    case graceLast = "grace_last"
    case graceContact = "grace_contact"
    case graceEnroll = "grace_enroll"
    case graceUsedUp = "grace_used_up"

    // The offer to enroll.
    case offerNumber = "offer_number"
    case numberPrompt = "number_prompt"
    case noNumber = "no_number"
    case numberRefused = "number_refused"
    case enterAgain = "enter_again"
    case codeSent = "code_sent"
    case codeCalled = "code_called"
    case codeNext = "code_next"
    case enrolled
    case optOut = "opt_out"
    case namePrompt = "name_prompt"
    case notOptedOut = "not_opted_out"

    // On the phone.
    case phoneLogin = "phone_login"
    case phoneSudo = "phone_sudo"
    case phoneSu = "phone_su"
    case phoneSSH = "phone_ssh"
    case phoneConsole = "phone_console"
    case labelUser = "label_user"
    case labelService = "label_service"
    case labelAddress = "label_address"
    case labelCommand = "label_command"
    case labelCaller = "label_caller"
}

extension TextID {
    /// Where and how a text is shown.
    public enum Kind: Sendable {
        /// Whole sentences at the terminal.
        case sentence
        /// A prompt at the terminal, shown with a blank behind it.
        case prompt
        /// A part of a prompt.
        case part
        /// The question on the phone.
        case question
        /// A label or a value beside it on the phone.
        case label, value
    }

    /// Where and how the text is shown.
    public var kind: Kind {
        switch self {
        case .promptCode, .promptCodeWords, .promptWords, .promptApprove, .promptApproveWords, .promptNumber,
            .promptNumberWords, .promptApproveOrCode, .promptApproveOrCodeWords, .promptNumberOrCode,
            .promptNumberOrCodeWords, .recoveryPrompt, .numberPrompt, .namePrompt:
            .prompt
        case .wordOrWord: .part
        case .phoneLogin, .phoneSudo, .phoneSu: .question
        case .phoneSSH, .phoneConsole: .value
        case .labelUser, .labelService, .labelAddress, .labelCommand, .labelCaller: .label
        default: .sentence
        }
    }

    /// Whether the text is shown at a terminal, where not every character may stand.
    public var isAtTerminal: Bool {
        switch kind {
        case .sentence, .prompt, .part: true
        case .question, .label, .value: false
        }
    }

    /// The longest text: in bytes at the terminal, where two texts and their values fit into one frame, and in UTF-16
    /// units on the phone (`NewApprovalRequest`).
    var limit: Int {
        switch kind {
        case .sentence, .prompt: 400
        case .part, .value: 40
        case .question: 100
        case .label: 20
        }
    }

    /// The places of the English text, all of which every other text has too, in the order of the text.
    public var places: [TextPlace] { english.places }

    /// Whether the text has a form for one and another for any other number.
    public var isPlural: Bool { english.one != nil }
}

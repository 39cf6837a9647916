public import Identifiers

/// The words that can be typed instead of a code, in any case.
public enum Word: String, Equatable, Sendable, CaseIterable { case sms, call, push, recovery, skip, never }

/// What the user typed at a code prompt.
public enum PromptInput: Equatable, Sendable {
    /// No answer: the conversation ended or failed.
    case nothing
    /// sshd's fake password: sshd passes it on instead of the answer when it will refuse the login in any case.
    case sshdFakePassword
    case enter
    case word(Word)
    case code(OneTimeCode)
    /// A recovery code that this host made, typed at the code prompt.
    case recovery(RecoveryCode)
    /// Anything else.
    case other

    /// Reads what the conversation returned; nil if it returned nothing.
    public init(_ typed: [UInt8]?) {
        guard let typed else {
            self = .nothing
            return
        }
        let trimmed = Typed.trimmed(typed)
        let word = String(decoding: trimmed.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        self =
            if Typed.isSSHDFakePassword(typed) {
                .sshdFakePassword
            } else if trimmed.isEmpty {
                .enter
            } else if let word = Word(rawValue: word) {
                .word(word)
            } else if let code = OneTimeCode(trimmed) {
                .code(code)
            } else if let code = RecoveryCode(trimmed), code.isOurs {
                .recovery(code)
            } else {
                .other
            }
    }
}

/// What the user typed at the prompt for a recovery code; the cases are those of `PromptInput`.
public enum RecoveryInput: Equatable, Sendable {
    case nothing
    case sshdFakePassword
    case enter
    case code(RecoveryCode)
    case other

    /// Reads what the conversation returned; nil if it returned nothing.
    public init(_ typed: [UInt8]?) {
        switch PromptInput(typed) {
        case .nothing: self = .nothing
        case .sshdFakePassword: self = .sshdFakePassword
        case .enter: self = .enter
        case .word, .code, .recovery, .other:
            self = typed.flatMap { RecoveryCode(Typed.trimmed($0)) }.map(RecoveryInput.code) ?? .other
        }
    }
}

enum Typed {
    static func trimmed(_ typed: [UInt8]) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var rest = typed.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Whether this is sshd's fake password.
    ///
    /// sshd repeats the pattern up to the length of what was typed (OpenSSH, auth-pam.c, `fake_password`).
    static func isSSHDFakePassword(_ typed: [UInt8]) -> Bool {
        let pattern = Array("\u{8}\n\r\u{7F}INCORRECT".utf8)
        return !typed.isEmpty && typed.enumerated().allSatisfy { pattern[$0.offset % pattern.count] == $0.element }
    }
}

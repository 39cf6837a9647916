public import Identifiers

/// What can be typed besides a code.
public enum Word: String, Equatable, Sendable, CaseIterable { case sms, call, push, recovery, skip, never }

/// What came back from a prompt.
public enum Answer: Equatable, Sendable {
    /// No answer: the conversation ended or failed.
    case nothing
    /// What sshd hands on instead of the answer where it will refuse the login whatever we say.
    case standIn
    case enter
    case word(Word)
    case code(OneTimeCode)
    /// A recovery code, though none was asked for.
    case recovery(RecoveryCode)
    case other

    public init(_ typed: [UInt8]?) {
        guard let typed else {
            self = .nothing
            return
        }
        let trimmed = Typed.trimmed(typed)
        let word = String(decoding: trimmed.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        self =
            if Typed.isStandIn(typed) {
                .standIn
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

/// What came back where a recovery code was asked for.
public enum RecoveryAnswer: Equatable, Sendable {
    case nothing
    case standIn
    case enter
    case code(RecoveryCode)
    case other

    public init(_ typed: [UInt8]?) {
        switch Answer(typed) {
        case .nothing: self = .nothing
        case .standIn: self = .standIn
        case .enter: self = .enter
        case .word, .code, .recovery, .other:
            self = typed.flatMap { RecoveryCode(Typed.trimmed($0)) }.map(RecoveryAnswer.code) ?? .other
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

    /// sshd writes this over and over until it is as long as what was typed (OpenSSH, auth-pam.c, `fake_password`).
    static func isStandIn(_ typed: [UInt8]) -> Bool {
        let pattern = Array("\u{8}\n\r\u{7F}INCORRECT".utf8)
        return !typed.isEmpty && typed.enumerated().allSatisfy { pattern[$0.offset % pattern.count] == $0.element }
    }
}

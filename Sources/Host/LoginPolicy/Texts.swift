public import Identifiers

/// The texts that people read in a login, and on the phone of it: the English ones, and those that replace them.
public struct Texts: Equatable, Sendable {
    private var own: [TextID: Wording] = [:]

    /// The English texts.
    public init() {}

    /// Replaces a text.
    ///
    /// - Parameters:
    ///   - wording: the new text; blanks around it are dropped.
    ///   - id: the text to replace.
    /// - Throws: `TextError` if the text is empty or too long, has a character that is not shown, lacks a place, or has
    ///   one that is unknown or stands there twice. The text before then stays.
    public mutating func set(_ wording: Wording, for id: TextID) throws(TextError) {
        let wording = wording.trimmed
        try wording.check(for: id)
        own[id] = wording
    }

    /// Goes back to the English text.
    ///
    /// - Parameter id: the text.
    public mutating func reset(_ id: TextID) { own[id] = nil }

    /// Whether the text was replaced.
    ///
    /// - Parameter id: the text.
    /// - Returns: false for an English one.
    public func isOwn(_ id: TextID) -> Bool { own[id] != nil }

    /// The text with its places.
    ///
    /// - Parameter id: the text.
    /// - Returns: the replacement, or the English text.
    public func wording(_ id: TextID) -> Wording { own[id] ?? id.english }

    /// The labels that have the same text as another: the phone shows only the first line of each name.
    public var ambiguousLabels: [TextID] {
        let labels = TextID.allCases.filter { $0.kind == .label }
        return labels.filter { label in
            wording(label).other == "Number"
                || labels.contains { $0 != label && wording($0).other == wording(label).other }
        }
    }

    /// A text without places.
    ///
    /// - Parameter id: the text.
    /// - Returns: it as it is shown.
    public subscript(id: TextID) -> String { text(id, [:]) }

    private func text(_ id: TextID, _ values: [TextPlace: String]) -> String {
        wording(id).filled(values) + (id.kind == .prompt ? " " : "")
    }

    private func sentences(_ parts: String?...) -> String { parts.compactMap { $0 }.joined(separator: " ") }
}

// MARK: a login

extension Texts {
    /// Shown after an approved login: wrong codes were typed since the last one.
    ///
    /// - Parameter count: how many, at least one.
    /// - Returns: two sentences.
    public func wrongCodes(_ count: Int) -> String { text(.wrongCodes, [.count: String(count)]) }

    func oneCodeSent(_ factor: Factor) -> String {
        if factor == .call { self[.oneCodeCalled] } else { self[.oneCodeSent] }
    }

    /// Shown while the phone is asked.
    ///
    /// - Parameters:
    ///   - number: the check number to show, or nil for none.
    ///   - enter: whether Enter opens the prompt.
    /// - Returns: one or two sentences.
    func waiting(number: CheckNumber?, enter: Bool) -> String {
        let approve = number.map { text(.waitingNumber, [.number: $0.description]) } ?? self[.waiting]
        return sentences(approve, enter ? self[.waitingEnter] : nil)
    }

    /// Shown after a grace login: when a factor becomes mandatory.
    ///
    /// - Parameters:
    ///   - left: how many grace logins are left after this one.
    ///   - until: the last day of grace, or nil for no end.
    ///   - isOffered: whether the next login offers to enroll.
    /// - Returns: two sentences.
    public func grace(left: Int, until: CivilDay?, isOffered: Bool = false) -> String {
        let next: TextID = if isOffered, left > 0 { .graceEnroll } else { .graceContact }
        return sentences(mandatory(after: left, until: until), self[next])
    }

    private func mandatory(after left: Int, until: CivilDay?) -> String {
        if left == 0 { return self[.graceLast] }
        guard let until else { return text(.graceLeft, [.count: String(left)]) }
        return text(.graceLeftUntil, [.count: String(left), .day: until.description])
    }

    /// Shown after a login with a recovery code.
    ///
    /// - Parameter left: how many are left after this one.
    /// - Returns: one or two sentences.
    func recovered(left: Int) -> String {
        let codes = if left <= 0 { self[.recoveryNoneLeft] } else { text(.recoveryLeft, [.count: String(left)]) }
        return sentences(codes, left <= 3 ? self[.recoveryAskForMore] : nil)
    }

    /// The code prompt, which names only what applies.
    ///
    /// - Parameters:
    ///   - approves: whether a request is open on the phone.
    ///   - number: the check number to show, or nil for none.
    ///   - codes: whether a code can be typed.
    ///   - words: the words that can be typed; they are the same in every language.
    /// - Returns: a prompt that ends with a blank.
    func prompt(approves: Bool, number: CheckNumber?, codes: Bool, words: [Word]) -> String {
        let names = words.map(\.rawValue)
        var values: [TextPlace: String] = [.words: names.joined(separator: ", ")]
        values[.number] = number?.description
        let id: TextID
        switch (approves, number != nil, codes, !words.isEmpty) {
        case (true, false, true, false): id = .promptApproveOrCode
        case (true, false, true, true): id = .promptApproveOrCodeWords
        case (true, true, true, false): id = .promptNumberOrCode
        case (true, true, true, true): id = .promptNumberOrCodeWords
        case (true, false, false, false): id = .promptApprove
        case (true, false, false, true): id = .promptApproveWords
        case (true, true, false, false): id = .promptNumber
        case (true, true, false, true): id = .promptNumberWords
        case (false, _, true, false): id = .promptCode
        case (false, _, true, true): id = .promptCodeWords
        case (false, _, false, _):
            id = .promptWords
            values[.words] = names.dropFirst().reduce(names.first ?? "") {
                text(.wordOrWord, [.first: $0, .second: $1])
            }
        }
        return text(id, values)
    }
}

// MARK: the offer to enroll

extension Texts {
    /// The offer to enroll: the settings' text, with `%n` replaced by the number of grace logins left, or ours.
    func offer(_ facts: EnrolmentFlow.Facts) -> String {
        guard let text = facts.rules.atLoginText else { return offer(left: facts.left, until: facts.rules.graceUntil) }
        let parts = text.split(separator: "%n", omittingEmptySubsequences: false)
        return parts.joined(separator: String(facts.left))
    }

    /// The offer to enroll, if the settings have no text for it.
    ///
    /// - Parameters:
    ///   - left: how many grace logins are left, this one included.
    ///   - until: the last day of grace, or nil for no end.
    /// - Returns: two sentences.
    func offer(left: Int, until: CivilDay?) -> String {
        sentences(mandatory(after: left, until: until), self[.offerNumber])
    }

    func numberPrompt(mayOptOut: Bool) -> String {
        let words: [Word] = if mayOptOut { [.skip, .never] } else { [.skip] }
        return text(.numberPrompt, [.words: words.map(\.rawValue).joined(separator: ", ")])
    }

    func codeSent(_ way: Factor, to number: PhoneNumber) -> String {
        let id: TextID = if way == .call { .codeCalled } else { .codeSent }
        return sentences(text(id, [.phone: number.maskedWithCode]), self[.codeNext])
    }

    func enrolled(_ number: PhoneNumber) -> String { text(.enrolled, [.phone: number.maskedWithCode]) }
}

// MARK: the request on the phone

extension Texts {
    /// The question on the phone: the heading of the request, and the whole text of a notification.
    ///
    /// - Parameters:
    ///   - service: the PAM service.
    ///   - host: the name of the host.
    /// - Returns: one sentence.
    public func question(service: String, host: String) -> String {
        switch service {
        case "sudo", "sudo-i": text(.phoneSudo, [.host: host])
        case "su", "su-l": text(.phoneSu, [.host: host])
        default: text(.phoneLogin, [.host: host])
        }
    }
}

internal import Identifiers

/// The prompts of the offer and the answers to them.
extension EnrolmentFlow {
    mutating func askNumber(_ notice: String?, at prompt: NumberPrompt = .again) -> [Action] {
        state = .askingNumber(prompt)
        return told(notice) + [.ask(texts.numberPrompt(mayOptOut: mayOptOut))]
    }

    mutating func askCode(_ notice: String?, phone: Phone) -> [Action] {
        state = .askingCode(phone)
        let ways: [Word] = facts.ways.map { if $0 == .call { .call } else { .sms } }
        return told(notice) + [
            .ask(texts.prompt(approves: false, number: nil, codes: phone.way != nil, words: ways + [.skip]))
        ]
    }

    func told(_ notice: String?) -> [Action] { notice.map { [.show($0)] } ?? [] }

    /// Shows the prompt again: the one for a code, or without a phone the one for a number.
    mutating func askAgain(_ notice: String?, phone: Phone?) -> [Action] {
        if let phone { askCode(notice, phone: phone) } else { askNumber(notice) }
    }

    mutating func answered(_ typed: [UInt8]?) -> [Action] {
        switch state {
        case .askingNumber(let prompt): numberTyped(typed, at: prompt)
        case .askingName: nameTyped(typed)
        case .askingCode(let phone): codeTyped(typed, phone: phone)
        case .idle, .chargingNumber, .chargingCode, .sending, .chargingTry, .checking, .registering, .spendingGrace,
            .ended:
            refuse()
        }
    }

    mutating func numberTyped(_ typed: [UInt8]?, at prompt: NumberPrompt) -> [Action] {
        switch PromptInput(typed) {
        // The client may not show prompts: proceed as if nothing had been offered.
        case .nothing where prompt == .first && facts.mayBeDeaf && !isLate: return spendGrace()
        case .nothing: return noAnswer()
        case .sshdFakePassword: return sshdRefuses(texts[.noNumber])
        case _ where willSSHDRefuse: return sshdRefuses(texts[.noNumber])
        case _ where isLate: return late()
        case .enter where prompt == .afterEnter: return spendGrace()
        case .enter: return askNumber(texts[.enterAgain], at: .afterEnter)
        case .word(.skip): return spendGrace()
        case .word(.never) where mayOptOut:
            state = .askingName
            return [.show(facts.rules.optOutText ?? texts[.optOut]), .ask(texts[.namePrompt])]
        case .word: return fruitless(texts[.noSuchWord])
        case .code, .recovery, .other:
            guard let number = number(in: typed) else { return wrong(texts[.noNumber]) }
            return charge(number)
        }
    }

    /// Only the user name itself confirms, so that nobody opts out by habit.
    mutating func nameTyped(_ typed: [UInt8]?) -> [Action] {
        switch PromptInput(typed) {
        case .nothing: return noAnswer()
        case .sshdFakePassword: return sshdRefuses(texts[.notOptedOut])
        case _ where willSSHDRefuse: return sshdRefuses(texts[.notOptedOut])
        case _ where isLate: return late()
        case _ where typed.map { Typed.trimmed($0).elementsEqual(facts.name.utf8) } ?? false && !facts.name.isEmpty:
            return optOut()
        case .enter, .word, .code, .recovery, .other: return fruitless(texts[.notOptedOut])
        }
    }

    mutating func codeTyped(_ typed: [UInt8]?, phone: Phone) -> [Action] {
        switch PromptInput(typed) {
        case .nothing: return noAnswer()
        case .sshdFakePassword: return sshdRefuses(texts[.wrongCode], phone: phone)
        case _ where willSSHDRefuse: return sshdRefuses(texts[.wrongCode], phone: phone)
        case _ where isLate: return late()
        case .word(.sms) where facts.ways.contains(.sms): return charge(phone, by: .sms)
        case .word(.call) where facts.ways.contains(.call): return charge(phone, by: .call)
        case .word(.skip): return spendGrace()
        case .code(let code):
            guard let sent = phone.sentCode else { return fruitless(texts[.noSuchWord], phone: phone) }
            state = .chargingTry(code, sent)
            return [.chargeTry]
        case .enter: return fruitless(nil, phone: phone)
        case .word: return fruitless(texts[.noSuchWord], phone: phone)
        case .recovery, .other:
            // Another number: a plus tells it from a code.
            guard written(in: typed)?.isInternational == true, let number = number(in: typed) else {
                return fruitless(texts[.noCode], phone: phone)
            }
            // The same number again: send another code.
            if phone.number == number, let way = phone.way ?? facts.ways.first { return charge(phone, by: way) }
            return charge(number)
        }
    }

    /// Reads a number without a numbering plan: the server decides whether it is valid.
    func number(in typed: [UInt8]?) -> PhoneNumber? {
        text(typed).flatMap { PhoneNumber(typed: $0, countryCode: facts.rules.countryCode) }
    }

    func written(in typed: [UInt8]?) -> WrittenPhoneNumber? { text(typed).flatMap { try? WrittenPhoneNumber($0) } }

    func text(_ typed: [UInt8]?) -> String? { typed.flatMap { String(validating: Typed.trimmed($0), as: UTF8.self) } }
}

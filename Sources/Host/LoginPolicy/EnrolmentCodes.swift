internal import Identifiers

/// The number, the codes sent to it, and the registration.
extension EnrolmentFlow {
    mutating func charge(_ number: PhoneNumber) -> [Action] {
        state = .chargingNumber(number)
        return [.chargeOneCode]
    }

    mutating func charge(_ phone: Phone, by way: Factor) -> [Action] {
        state = .chargingCode(phone, by: way)
        return [.chargeOneCode]
    }

    mutating func oneCodeCharged(granted: Bool) -> [Action] {
        switch state {
        case .chargingNumber(let number):
            guard granted else { return fruitless(texts[.tooManyOneCodes]) }
            guard let way = facts.ways.first else { return refuse() }
            return send(to: Phone(number: number, way: nil), by: way)
        case .chargingCode(let phone, let way):
            guard granted else { return fruitless(texts[.tooManyOneCodes], phone: phone) }
            return send(to: phone, by: way)
        case .idle, .askingNumber, .askingName, .askingCode, .sending, .chargingTry, .checking, .registering,
            .spendingGrace, .ended:
            return refuse()
        }
    }

    mutating func send(to phone: Phone, by way: Factor) -> [Action] {
        state = .sending(phone, by: way)
        return [.send(way, to: phone.number)]
    }

    mutating func sendFailed(_ error: ServerError, phone: Phone) -> [Action] {
        let isFirst = phone.way == nil
        switch error {
        case .invalid where isFirst: return wrong(texts[.numberRefused])
        case .outage where isFirst: return giveUp(texts[.serverSilent])
        case .outage: return fruitless(texts[.serverSilent], phone: phone)
        case .limited: return fruitless(texts[.tooManyOneCodes], phone: phone)
        case .invalid, .refused: return fruitless(texts[.oneCodeNotSent], phone: phone)
        }
    }

    mutating func registerFailed(_ error: ServerError) -> [Action] {
        switch error {
        case .invalid: wrong(texts[.numberRefused])
        case .outage, .limited, .refused: giveUp(notice(of: error))
        }
    }

    func notice(of error: ServerError) -> String {
        switch error {
        case .outage: texts[.serverSilent]
        case .limited: texts[.serverLimited]
        case .invalid, .refused: texts[.serverRefuses]
        }
    }
}

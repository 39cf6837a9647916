public import Identifiers

/// What the person sees on the phone: the body of `Endpoint.createApprovalRequest`, cut to what every known client and server takes.
///
/// Lengths are counted in UTF-16, which is never shorter than what others count, and texts are cut between characters.
public struct NewApprovalRequest: Equatable, Sendable {
    /// The strictest limit for the message; others take 200.
    public static let messageLimit = 144
    public static let nameLimit = 20
    public static let valueLimit = 200
    /// The name of the detail that shows the check number.
    public static let numberName = "Number"
    /// The names of the hidden details that say which host asks, and for which login there.
    public static let hostName = "host"
    public static let attemptName = "attempt"

    /// One labelled line.
    public struct Detail: Equatable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public let message: String
    /// What the phone shows, in this order.
    public let details: [Detail]
    /// What only the server keeps.
    public let hiddenDetails: [Detail]
    /// At least 1: 0 would mean for ever.
    public let secondsToExpire: Int
    /// Sent as a detail, for the phone to show, and as `countersign[number]`, for servers that make the phone ask for it.
    public let number: CheckNumber?

    /// Of details with the same name (after the cut) the first is kept, details without a name are dropped, and with a number
    /// any other detail of that name.
    ///
    /// Nil if the message is empty.
    public init?(
        message: String, details: [Detail] = [], hiddenDetails: [Detail] = [], secondsToExpire: Int,
        number: CheckNumber? = nil
    ) {
        guard !message.isEmpty else { return nil }
        let shown = number.map { [Detail(Self.numberName, $0.description)] } ?? []
        self.message = Self.cut(message, to: Self.messageLimit)
        self.details = Self.fitting(shown + details)
        self.hiddenDetails = Self.fitting(hiddenDetails)
        self.secondsToExpire = max(1, secondsToExpire)
        self.number = number
    }

    /// The body, for `Content-Type: application/json`. Details keep their order.
    public var json: String {
        var members = [(name: "message", json: JSONText.string(message))]
        if !details.isEmpty { members.append(("details", Self.json(of: details))) }
        if !hiddenDetails.isEmpty { members.append(("hidden_details", Self.json(of: hiddenDetails))) }
        members.append(("seconds_to_expire", String(secondsToExpire)))
        if let number {
            members.append(("countersign", JSONText.object([("number", JSONText.string(number.description))])))
        }
        return JSONText.object(members)
    }

    private static func json(of details: [Detail]) -> String {
        JSONText.object(details.map { ($0.name, JSONText.string($0.value)) })
    }

    private static func fitting(_ details: [Detail]) -> [Detail] {
        var names: Set<String> = [""]
        return details.compactMap { detail in
            let name = beginning(of: detail.name, nameLimit)
            return names.insert(name).inserted ? Detail(name, cut(detail.value, to: valueLimit)) : nil
        }
    }

    /// The beginning of a text in at most so many UTF-16 units, with "..." behind it where more was there, and no character cut apart;
    /// only a single character that is longer than all of the room (a letter under a heap of accents) is cut between its scalars.
    private static func cut(_ text: String, to limit: Int) -> String {
        text.utf16.count > limit ? beginning(of: text, limit - 3) + "..." : text
    }

    private static func beginning(of text: String, _ limit: Int) -> String {
        guard text.utf16.count > limit else { return text }
        var room = limit
        let whole = text.prefix {
            room -= $0.utf16.count
            return room >= 0
        }
        guard whole.isEmpty else { return String(whole) }
        room = limit
        let scalars = text.unicodeScalars.prefix {
            room -= $0.utf16.count
            return room >= 0
        }
        return String(scalars)
    }
}

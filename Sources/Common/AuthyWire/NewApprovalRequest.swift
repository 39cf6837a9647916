internal import Encoding
public import Identifiers

/// What the phone shows: the body of `Endpoint.createApprovalRequest`, cut to the limits of all known clients and
/// servers.
///
/// Lengths are counted in UTF-16, which is never shorter than other counts, and texts are cut between characters.
public struct NewApprovalRequest: Equatable, Sendable {
    /// The strictest limit for the message, in UTF-16 units; others take 200.
    public static let messageLimit = 144
    /// The limit for the name of a detail, in UTF-16 units.
    public static let nameLimit = 20
    /// The limit for the value of a detail, in UTF-16 units.
    public static let valueLimit = 200
    /// The name of the detail that shows the check number.
    public static let numberName = "Number"
    /// The name of the hidden detail that holds the host that asks.
    public static let hostName = "host"
    /// The name of the hidden detail that holds the login on that host.
    public static let attemptName = "attempt"

    /// One labelled line.
    public struct Detail: Equatable, Sendable {
        /// The label.
        public let name: String
        /// The text behind the label.
        public let value: String

        /// Takes both texts as they are; they are cut when the request is made.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The message, cut to `messageLimit`.
    public let message: String
    /// The details that the phone shows, in this order.
    public let details: [Detail]
    /// The details that only the server keeps.
    public let hiddenDetails: [Detail]
    /// Seconds until the request expires, at least 1: 0 would mean never.
    public let secondsToExpire: Int
    /// The check number, sent as a detail for the phone to show, and as `countersign[number]` for servers that make the
    /// phone ask for it.
    public let number: CheckNumber?

    /// Makes a request within the limits; nil if the message is empty.
    ///
    /// Only the first of several details with the same name (after the cut) is kept. Details without a name are
    /// dropped, and so is a detail with the name of the check number if there is a number.
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

    /// The body for `Content-Type: application/json`.
    ///
    /// Details keep their order.
    public var json: String {
        var body: JSONObject = ["message": .string(message)]
        if !details.isEmpty { body["details"] = Self.object(of: details) }
        if !hiddenDetails.isEmpty { body["hidden_details"] = Self.object(of: hiddenDetails) }
        body["seconds_to_expire"] = .integer(secondsToExpire)
        body[Literal.extensions] = number.map { ["number": .string($0.description)] }
        return JSONValue.object(body).serialized()
    }

    private static func object(of details: [Detail]) -> JSONValue {
        .object(JSONObject(details.map { ($0.name, .string($0.value)) }))
    }

    private static func fitting(_ details: [Detail]) -> [Detail] {
        var names: Set<String> = [""]
        return details.compactMap { detail in
            let name = beginning(of: detail.name, nameLimit)
            guard names.insert(name).inserted else { return nil }
            return Detail(name, cut(detail.value, to: valueLimit))
        }
    }

    /// The beginning of a text that fits the limit, with "..." behind it if something was cut, and no character cut
    /// apart.
    ///
    /// Only a single character that is longer than the limit (a letter under many accents) is cut between its scalars.
    private static func cut(_ text: String, to limit: Int) -> String {
        if text.utf16.count > limit { beginning(of: text, limit - 3) + "..." } else { text }
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

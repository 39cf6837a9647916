internal import Identifiers

/// A named place in a text, written in braces: `{number}`.
public enum TextPlace: String, Sendable, CaseIterable {
    /// The check number.
    case number
    /// The words that can be typed, such as `sms, call`.
    case words
    /// Two words between which the user can choose.
    case first, second
    /// A number of things; it selects the plural form.
    case count
    /// A day as in ISO 8601.
    case day
    /// A phone number, masked.
    case phone
    /// The name of the host.
    case host

    /// The place as it is written in a text.
    public var written: String { "{\(rawValue)}" }
}

/// One text: a template with named places, with a form of its own for the number one if it speaks of a number.
public struct Wording: Equatable, Sendable, ExpressibleByStringLiteral {
    /// The form for the number one; nil: `other` is used for every number.
    public let one: String?
    /// The form for every other number, and that of a text that has only one.
    public let other: String

    /// Takes the forms as they are; `Texts.set` checks them.
    public init(one: String? = nil, other: String) {
        self.one = one
        self.other = other
    }

    /// A text with one form.
    public init(stringLiteral text: String) { self.init(other: text) }

    /// The places of `other`, in the order of the text.
    var places: [TextPlace] { Template(other).names.compactMap { TextPlace(rawValue: $0) } }

    /// The form for a number, with values in its places.
    ///
    /// - Parameter values: the values; a place without one becomes empty, and a value is never read as a template.
    /// - Returns: the text.
    func filled(_ values: [TextPlace: String]) -> String {
        let form =
            if let one, values[.count] == "1" {
                one
            } else {
                other
            }
        return Template(form).pieces.reduce(into: "") { text, piece in
            switch piece {
            case .text(let part): text += part
            case .place(let name): text += TextPlace(rawValue: name).flatMap { values[$0] } ?? ""
            case .brace: return
            }
        }
    }
}

/// A text cut at its places.
private struct Template {
    enum Piece {
        case text(String)
        case place(String)
        /// A brace that belongs to no place.
        case brace
    }

    let pieces: [Piece]

    init(_ text: String) {
        var pieces: [Piece] = []
        var part = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "{" || scalar == "}" else {
                part.unicodeScalars.append(scalar)
                continue
            }
            pieces.append(.text(part))
            part = ""
            let name = rest.prefix { $0 != "}" && $0 != "{" }
            guard scalar == "{", rest.dropFirst(name.count).first == "}" else {
                pieces.append(.brace)
                continue
            }
            pieces.append(.place(String(name)))
            rest = rest.dropFirst(name.count + 1)
        }
        self.pieces = pieces + [.text(part)]
    }

    var names: [String] {
        pieces.compactMap { piece in
            if case .place(let name) = piece { name } else { nil }
        }
    }

    var hasLoneBrace: Bool {
        pieces.contains { piece in
            if case .brace = piece { true } else { false }
        }
    }
}

/// Why a text of `texts.toml` is not used.
public struct TextError: Error, Equatable {
    /// What is wrong with the text.
    public let message: String
    /// What to do about it.
    public let hint: String

    /// Takes both as they are.
    public init(_ message: String, hint: String) {
        self.message = message
        self.hint = hint
    }
}

extension Wording {
    /// The wording without blanks around its forms.
    var trimmed: Wording { Wording(one: one.map(Self.trimmed), other: Self.trimmed(other)) }

    private static func trimmed(_ text: String) -> String {
        let start = text.unicodeScalars.drop { $0 == " " }
        let length = start.reversed().drop { $0 == " " }.count
        return String(start.prefix(length))
    }

    /// Checks all that can be wrong with a wording.
    ///
    /// - Throws: `TextError` with the first fault.
    func check(for id: TextID) throws(TextError) {
        if one != nil, !id.isPlural {
            throw TextError("this text has one form", hint: "write it as: \(id.rawValue) = \"...\"")
        }
        if let one { try Self.check(one, for: id, needs: id.places.filter { $0 != .count }) }
        try Self.check(other, for: id, needs: id.places)
    }

    private static func check(_ text: String, for id: TextID, needs places: [TextPlace]) throws(TextError) {
        guard !text.isEmpty else {
            throw TextError("this text is empty", hint: "write something, or leave out the key for the English text")
        }
        let length = if id.isAtTerminal { text.utf8.count } else { text.utf16.count }
        guard length <= id.limit else {
            throw TextError("this text is too long", hint: "at most \(id.limit) characters have room, not \(length)")
        }
        if let stranger = text.unicodeScalars.first(where: { !id.shows($0) }) {
            let code = String(stranger.value, radix: 16, uppercase: true)
            throw TextError(
                "this text has the character U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code), "
                    + "which may not stand here",
                hint: "take it out; letters with accents are one character each (Unicode NFC)")
        }
        let template = Template(text)
        let example = "the English text is: \(id.english.other)"
        guard !template.hasLoneBrace else {
            throw TextError("a brace here belongs to no place", hint: "write places as in {number}; \(example)")
        }
        for (index, name) in template.names.enumerated() {
            guard let place = TextPlace(rawValue: name), id.places.contains(place) else {
                throw TextError("there is no place {\(String(name.prefix(40)))} in this text", hint: example)
            }
            if template.names.prefix(index).contains(name) {
                throw TextError("the place \(place.written) stands here twice", hint: "keep one of the two")
            }
        }
        if let missing = places.first(where: { !template.names.contains($0.rawValue) }) {
            throw TextError("the place \(missing.written) is missing", hint: example)
        }
    }
}

extension TextID {
    /// Whether the character can stand in this text.
    ///
    /// At a terminal those of Latin, Greek and Cyrillic script that the module shows (`Relay.plain`); on the phone all
    /// printable ones.
    func shows(_ scalar: Unicode.Scalar) -> Bool {
        guard isAtTerminal else { return scalar.isPrintable }
        switch scalar.value {
        case 0x20...0x7E: return true
        case 0xAD, 0x300...0x36F, 0x483...0x489: return false
        case 0xA1...0x52F: return scalar.isPrintable
        default: return false
        }
    }
}

/// What a caller sent along, wherever it stood: query, form or JSON. Authy's clients write one and the same parameter in all of these ways, so
/// that a truth may be `true`, `True` or `1`, and a number a string; here every scalar is a text.
///
/// Absent are JSON's null and what is empty: `{}`, `[]` and, for whoever asks for it by name, a text without a character, which is how some
/// clients write that there is nothing. Members keep their order.
public indirect enum Parameter: Equatable, Sendable {
    case text(String)
    case list([Parameter])
    case members([Member])

    public struct Member: Equatable, Sendable {
        public let name: String
        public var value: Parameter

        public init(_ name: String, _ value: Parameter) {
            self.name = name
            self.value = value
        }
    }

    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    public var elements: [Parameter] {
        switch self {
        case .list(let elements): elements
        case .members(let members): members.map(\.value)
        case .text: []
        }
    }

    public var members: [Member] {
        guard case .members(let members) = self else { return [] }
        return members
    }

    public subscript(name: String) -> Parameter? { members.value(name) }
}

extension [Parameter.Member] {
    func value(_ name: String) -> Parameter? {
        guard let index = named(name), self[index].value != .text("") else { return nil }
        return self[index].value
    }

    /// Where the member of that name is. Names are the same where their bytes are: to compare them as Unicode does takes a stranger's odd ones
    /// a hundred times as long.
    func named(_ name: String) -> Int? { firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }
}

/// All parameters of one call; of two with one name the first given counts.
public struct Parameters: Equatable, Sendable {
    public private(set) var members: [Parameter.Member] = []

    public init() {}

    public subscript(name: String) -> Parameter? { members.value(name) }

    /// The text at `name`, or at `outer[name]` where that is how some clients nest it.
    public func text(_ name: String, in outer: String? = nil) -> String? {
        guard let outer else { return self[name]?.text }
        return self[outer]?[name]?.text
    }

    /// `true`, `True` and `1`, whatever stands around them of blanks; nil where there is nothing, false for all else.
    public func flag(_ name: String, in outer: String? = nil) -> Bool? {
        text(name, in: outer).map { ["true", "True", "TRUE", "1"].contains($0) }
    }

    /// Adds those of another part of the call; what is there already stays.
    public mutating func merge(_ others: [Parameter.Member]) {
        for other in others {
            guard let index = members.named(other.name) else {
                members.append(other)
                continue
            }
            guard case .members(var mine) = members[index].value, case .members(let theirs) = other.value else {
                continue
            }
            mine += theirs.filter { mine.named($0.name) == nil }
            members[index].value = .members(mine)
        }
    }
}

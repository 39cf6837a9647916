/// A value that a caller sent in the query, the form or the JSON body.
///
/// Clients of Authy write the same parameter in all of these ways, so that a boolean may be `true`, `True` or `1`, and
/// a number a string; here every scalar is a text.
///
/// JSON null counts as absent, and so do `{}`, `[]` and, for a look-up by name, the empty text, which some clients
/// write for nothing. Members keep their order.
public indirect enum Parameter: Equatable, Sendable {
    case text(String)
    case list([Parameter])
    case members([Member])

    /// A name and its value.
    public struct Member: Equatable, Sendable {
        /// The decoded name.
        public let name: String
        /// The value, which is not absent.
        public var value: Parameter

        /// Takes name and value as they are.
        public init(_ name: String, _ value: Parameter) {
            self.name = name
            self.value = value
        }
    }

    /// The text of a scalar; nil for a list and for members.
    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The elements of a list, or the values of members; empty for a text.
    public var elements: [Parameter] {
        switch self {
        case .list(let elements): elements
        case .members(let members): members.map(\.value)
        case .text: []
        }
    }

    /// The members in order; empty for a text and for a list.
    public var members: [Member] {
        guard case .members(let members) = self else { return [] }
        return members
    }

    /// The member of that name; nil if there is none, or if it is an empty text.
    public subscript(name: String) -> Parameter? { members.value(name) }
}

extension [Parameter.Member] {
    func value(_ name: String) -> Parameter? {
        guard let index = named(name), self[index].value != .text("") else { return nil }
        return self[index].value
    }

    /// The index of the member of that name.
    ///
    /// Names are compared byte by byte: comparing them as Unicode takes a hundred times as long for odd names of an
    /// attacker.
    func named(_ name: String) -> Int? { firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }
}

/// All parameters of one call; the first of two with the same name counts.
public struct Parameters: Equatable, Sendable {
    /// The parameters in the order in which they were merged.
    public private(set) var members: [Parameter.Member] = []

    /// No parameters.
    public init() {}

    /// The parameter of that name; nil if there is none, or if it is an empty text.
    public subscript(name: String) -> Parameter? { members.value(name) }

    /// The text at `name`, or at `outer[name]`, in which some clients nest it; nil if there is none.
    public func text(_ name: String, in outer: String? = nil) -> String? {
        guard let outer else { return self[name]?.text }
        return self[outer]?[name]?.text
    }

    /// True for `true`, `True`, `TRUE` and `1`, false for any other text, nil if there is none.
    public func flag(_ name: String, in outer: String? = nil) -> Bool? {
        text(name, in: outer).map { ["true", "True", "TRUE", "1"].contains($0) }
    }

    /// Adds the parameters of another part of the call; those that are present stay.
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

/// The members of a JSON object, in the order in which they are written, with each name once.
///
/// Names are compared byte by byte: comparing them as Unicode takes a hundred times as long for odd names of an
/// attacker. Objects are equal whatever the order of their members.
public struct JSONObject: Sendable {
    /// Name and value of each member.
    public private(set) var members: [(name: String, value: JSONValue)] = []

    /// An object without members.
    public init() {}

    /// An object with these members; the first of two with the same name counts.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (name, value) in members where index(of: name) == nil { self.members.append((name, value)) }
    }

    /// An object with the members of a dictionary, sorted by the bytes of their names.
    public init(sorting members: [String: JSONValue]) {
        self.members = members.map { (name: $0.key, value: $0.value) }
        sort()
    }

    /// Members that the reader has checked for names that come twice.
    init(unique members: [(name: String, value: JSONValue)]) { self.members = members }

    /// The value of the member of that name; nil if there is none.
    ///
    /// A new member comes last, one that is there keeps its place, and nil removes it.
    public subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The members of both, those of the first object first; of two with the same name, that of the first counts.
    public static func + (first: JSONObject, second: JSONObject) -> JSONObject {
        var sum = first
        for (name, value) in second.members where first.index(of: name) == nil { sum.members.append((name, value)) }
        return sum
    }

    /// Adds the members of another object, as `+` does.
    public static func += (first: inout JSONObject, second: JSONObject) { first = first + second }

    /// Sorts the members by the bytes of their names.
    mutating func sort() { members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }

    private func index(of name: String) -> Int? { members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }
}

extension JSONObject: Equatable {
    /// Whether both have the same members, in any order.
    public static func == (first: JSONObject, second: JSONObject) -> Bool {
        first.members.count == second.members.count && first.members.allSatisfy { second[$0.name] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object with its members in this order.
    public init(dictionaryLiteral members: (String, JSONValue)...) { self.init(members) }
}

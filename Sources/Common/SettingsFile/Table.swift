/// One table of the document while it is read. What was asked for is known; what is left at the end is a mistake.
package struct Table {
    package let path: [String]
    private let given: [String: Value]
    private var known: [String] = []

    package init(_ entries: [String: Value] = [:], at path: [String] = []) {
        given = entries
        self.path = path
    }

    package func has(_ key: String) -> Bool { given[key] != nil }

    /// The names of all keys, in the order of the alphabet.
    package var names: [String] { given.keys.sorted() }

    /// Nil where the key is absent.
    package mutating func take<T>(_ key: String, _ kind: Kind<T>) throws(Complaint) -> T? {
        known.append(key)
        guard let value = given[key] else { return nil }
        return try kind.read(value, path + [key])
    }

    /// Leaves the target as it is where the key is absent.
    package mutating func take<T>(_ key: String, _ kind: Kind<T>, into target: inout T) throws(Complaint) {
        if let value = try take(key, kind) { target = value }
    }

    package mutating func tableIfAny(_ key: String) throws(Complaint) -> Table? {
        try take(key, .table("[\((path + [key]).joined(separator: "."))]"))
    }

    /// An absent table is an empty one.
    package mutating func table(_ key: String) throws(Complaint) -> Table {
        try tableIfAny(key) ?? Table(at: path + [key])
    }

    /// To be called when all known keys were taken: whatever else was given is unknown.
    package func close() throws(Complaint) {
        guard let stranger = names.first(where: { !known.contains($0) }) else { return }
        let near = stranger.nearest(in: known).map { "did you mean \($0.quoted)?" }
        let hint = near ?? "known here: \(known.joined(separator: ", "))"
        throw complaint("unknown key \(stranger.quoted); \(hint)", at: stranger)
    }

    /// - Parameter key: nil where the fault is in the table as a whole.
    package func complaint(_ message: String, at key: String? = nil) -> Complaint {
        Complaint(.path(path + [key].compactMap { $0 }), message)
    }
}

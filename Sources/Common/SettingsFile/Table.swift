/// One table of the document while it is read: keys that are left over at the end are mistakes.
package struct Table {
    /// The steps from the top of the document to the table.
    package let path: [String]
    private let given: [String: Value]
    private var known: [String] = []

    /// Makes a table of its entries; `path` is for errors.
    package init(_ entries: [String: Value] = [:], at path: [String] = []) {
        given = entries
        self.path = path
    }

    /// Whether the table has the key.
    package func has(_ key: String) -> Bool { given[key] != nil }

    /// The names of all keys, in alphabetical order.
    package var names: [String] { given.keys.sorted() }

    /// Reads a key, which then counts as known.
    ///
    /// - Parameters:
    ///   - key: the name of the key.
    ///   - kind: the type of its value.
    /// - Returns: nil if the key is absent.
    /// - Throws: `DocumentError` if the value has another type.
    package mutating func read<T>(_ key: String, as kind: Kind<T>) throws(DocumentError) -> T? {
        known.append(key)
        guard let value = given[key] else { return nil }
        return try kind.read(value, path + [key])
    }

    /// Reads a key into a variable, which keeps its value if the key is absent.
    ///
    /// - Parameters:
    ///   - key: the name of the key.
    ///   - kind: the type of its value.
    ///   - target: gets the value.
    /// - Throws: `DocumentError` if the value has another type.
    package mutating func read<T>(_ key: String, as kind: Kind<T>, into target: inout T) throws(DocumentError) {
        if let value = try read(key, as: kind) { target = value }
    }

    /// Reads a key that is a table.
    ///
    /// - Parameter key: the name of the key.
    /// - Returns: nil if the key is absent.
    /// - Throws: `DocumentError` if the value is not a table.
    package mutating func tableIfAny(_ key: String) throws(DocumentError) -> Table? {
        try read(key, as: .table("[\((path + [key]).joined(separator: "."))]"))
    }

    /// Reads a key that is a table; an absent one counts as empty.
    ///
    /// - Parameter key: the name of the key.
    /// - Returns: the table.
    /// - Throws: `DocumentError` if the value is not a table.
    package mutating func table(_ key: String) throws(DocumentError) -> Table {
        try tableIfAny(key) ?? Table(at: path + [key])
    }

    /// Refuses unknown keys; called after all known keys were read.
    ///
    /// - Throws: `DocumentError` for the first key, in alphabetical order, that was never read.
    package func close() throws(DocumentError) {
        guard let stranger = names.first(where: { !known.contains($0) }) else { return }
        let near = stranger.nearest(in: known).map { "did you mean \($0.quoted)?" }
        let hint = near ?? "known here: \(known.joined(separator: ", "))"
        throw error("unknown key \(stranger.quoted); \(hint)", at: stranger)
    }

    /// An error about a key of the table, or about the whole table if `key` is nil.
    package func error(_ message: String, at key: String? = nil) -> DocumentError {
        DocumentError(.path(path + [key].compactMap { $0 }), message)
    }
}

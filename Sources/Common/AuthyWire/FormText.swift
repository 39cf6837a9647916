internal import Encoding

/// Reads `application/x-www-form-urlencoded` with the nesting of Rails.
///
/// `a[b]=c`, `a[0][c]=d`, and `a[][c]=d`, where a new element begins as soon as a name comes again. Brackets may be
/// encoded or raw.
public enum FormText {
    /// The most pairs, and the most names within each other, that are read.
    public static let limits = (pairs: 500, depth: 6)

    /// The nested parameters of a query or a body.
    ///
    /// - Parameter bytes: the query, or the body.
    /// - Returns: nil if the bytes are not UTF-8, have a broken `%XX`, or exceed the limits.
    public static func members(_ bytes: some Collection<UInt8>) -> [Parameter.Member]? {
        var root: [Parameter.Member] = []
        let pairs = bytes.split(separator: 0x26)
        guard pairs.count <= limits.pairs else { return nil }
        for pair in pairs {
            let cut = pair.firstIndex(of: 0x3D)
            guard let name = decoded(pair[..<(cut ?? pair.endIndex)]),
                let value = decoded(cut.map { pair[pair.index(after: $0)...] } ?? pair[pair.endIndex...])
            else { return nil }
            let path = steps(name)
            guard path.count <= limits.depth else { return nil }
            if let first = path.first { insert(value, under: path.dropFirst(), at: first, into: &root) }
        }
        return root
    }

    /// Names and values in order, decoded but not nested; nil if they are not UTF-8 or have a broken `%XX`.
    public static func pairs(_ bytes: some Collection<UInt8>) -> [(name: String, value: String)]? {
        var all: [(name: String, value: String)] = []
        for pair in bytes.split(separator: 0x26) {
            let cut = pair.firstIndex(of: 0x3D) ?? pair.endIndex
            guard let name = decoded(pair[..<cut]), let value = decoded(pair[cut...].dropFirst()) else { return nil }
            all.append((name, value))
        }
        return all
    }

    /// One step of a path, in which a plus stays a plus (RFC 3986, section 2.1); nil if it does not decode to UTF-8.
    public static func step(_ text: String) -> String? {
        PercentEncoding.decode(utf8: text.utf8, plus: .plus)
    }

    private static func decoded(_ text: some Collection<UInt8>) -> String? {
        PercentEncoding.decode(utf8: text, plus: .blank)
    }

    /// Splits a name: `a[b][]` is `a`, `b` and the empty step.
    ///
    /// A name whose brackets do not match is one step.
    private static func steps(_ name: String) -> [String] {
        guard name.hasSuffix("]"), let open = name.firstIndex(of: "["), open != name.startIndex else {
            return [name].filter { !$0.isEmpty }
        }
        let inner = name[open...].dropFirst().dropLast()
        return [String(name[..<open])]
            + inner.replacing("][", with: "\u{0}").split(separator: "\u{0}", omittingEmptySubsequences: false).map(
                String.init)
    }

    private static func insert(
        _ value: String, under rest: ArraySlice<String>, at name: String, into members: inout [Parameter.Member]
    ) {
        guard let index = members.named(name) else {
            members.append(.init(name, made(value, under: rest)))
            return
        }
        guard let step = rest.first else { return }
        switch members[index].value {
        case .list(var elements) where step.isEmpty:
            append(value, under: rest.dropFirst(), to: &elements)
            members[index].value = .list(elements)
        case .members(var inner) where !step.isEmpty:
            insert(value, under: rest.dropFirst(), at: step, into: &inner)
            members[index].value = .members(inner)
        default: break
        }
    }

    /// The value of a name that is not there yet, with the remaining steps around it.
    private static func made(_ value: String, under rest: ArraySlice<String>) -> Parameter {
        guard let step = rest.first else { return .text(value) }
        let inner = made(value, under: rest.dropFirst())
        return if step.isEmpty { .list([inner]) } else { .members([.init(step, inner)]) }
    }

    private static func append(_ value: String, under rest: ArraySlice<String>, to elements: inout [Parameter]) {
        if let step = rest.first, case .members(var last)? = elements.last, last.named(step) == nil {
            insert(value, under: rest.dropFirst(), at: step, into: &last)
            elements[elements.count - 1] = .members(last)
        } else {
            elements.append(made(value, under: rest))
        }
    }
}

package import Identifiers

/// The type that a setting must have: a reader that returns the value, or says what was expected and what was found.
package struct Kind<T> {
    /// Reads a value; `path` leads to it, for the error.
    package let read: (_ value: Value, _ path: [String]) throws(DocumentError) -> T

    /// Makes a kind of its reader.
    package init(_ read: @escaping (_ value: Value, _ path: [String]) throws(DocumentError) -> T) { self.read = read }
}

/// The error for a value of another type; `hint` says what to do, if that is clear from the value.
private func mismatch(_ expected: String, found value: Value, at path: [String], hint: String? = nil) -> DocumentError {
    DocumentError(.path(path), "expected \(expected), found \(value.found)" + (hint.map { "; \($0)" } ?? ""))
}

private let leaveOutQuotes = "leave out the quotes"

extension Kind<Int> {
    /// A whole number in a range.
    package static func whole(_ range: ClosedRange<Int>) -> Kind {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Kind { value, path throws(DocumentError) in
            switch value {
            case .whole(let number) where range.contains(number): return number
            case .whole(let number): throw DocumentError(.path(path), "expected \(expected), found \(number)")
            case .text(let text) where Int(text) != nil:
                throw mismatch(expected, found: value, at: path, hint: leaveOutQuotes)
            default: throw mismatch(expected, found: value, at: path)
            }
        }
    }
}

extension Kind<Bool> {
    /// True or false, without quotes.
    package static var truth: Kind {
        Kind { value, path throws(DocumentError) in
            switch value {
            case .truth(let truth): return truth
            case .text("true"), .text("false"):
                throw mismatch("true or false", found: value, at: path, hint: leaveOutQuotes)
            default: throw mismatch("true or false", found: value, at: path)
            }
        }
    }
}

extension Kind<CivilDay> {
    /// A day that exists in the calendar; the parser accepts no others.
    package static var day: Kind<CivilDay> {
        Kind { value, path throws(DocumentError) in
            let expected = "a date such as 2027-03-31"
            switch value {
            case .day(let day): return day
            case .text: throw mismatch(expected, found: value, at: path, hint: leaveOutQuotes)
            case .moment: throw mismatch(expected, found: value, at: path, hint: "leave out the time")
            default: throw mismatch(expected, found: value, at: path)
            }
        }
    }
}

extension Kind<Table> {
    /// A table; `header` is how it is written, for the error.
    package static func table(_ header: String) -> Kind {
        Kind { value, path throws(DocumentError) in
            guard case .table(let entries) = value else {
                let once = if value.isList { " once, in single brackets" } else { "" }
                throw mismatch("a table", found: value, at: path, hint: "write \(header)\(once)")
            }
            return Table(entries, at: path)
        }
    }
}

extension Kind<[Table]> {
    /// A list of tables, which may be empty; `header` is how each of them is written, for the error.
    package static func tables(_ header: String) -> Kind {
        Kind { value, path throws(DocumentError) in
            guard value.isList else {
                throw mismatch("a list of tables", found: value, at: path, hint: "write \(header)")
            }
            return try Kind.list(of: .table(header), canBeEmpty: true).read(value, path)
        }
    }
}

extension Kind {
    /// A text that is parsed.
    ///
    /// - Parameters:
    ///   - expected: what must stand there, for the error.
    ///   - parse: makes the value of the text, or says what is wrong with it.
    /// - Returns: the reader.
    package static func text(_ expected: String = "a text in quotes", parse: @escaping (String) throws(ValueError) -> T)
        -> Kind
    {
        Kind { value, path throws(DocumentError) in
            guard case .text(let text) = value else { throw mismatch(expected, found: value, at: path) }
            do throws(ValueError) { return try parse(text) } catch { throw DocumentError(.path(path), error.message) }
        }
    }

    /// A value that stands in the wrong place: reading it throws `hint`, whatever the value.
    package static func misplaced(_ hint: String) -> Kind<T> {
        Kind { _, path throws(DocumentError) in throw DocumentError(.path(path), hint) }
    }

    /// A list whose elements all have one type.
    ///
    /// - Parameters:
    ///   - kind: the type of the elements.
    ///   - canBeEmpty: whether an empty list is accepted.
    /// - Returns: the reader.
    package static func list<Element>(of kind: Kind<Element>, canBeEmpty: Bool = false) -> Kind where T == [Element] {
        Kind { value, path throws(DocumentError) in
            guard case .list(let values) = value else { throw mismatch("a list in brackets", found: value, at: path) }
            guard canBeEmpty || !values.isEmpty else {
                throw DocumentError(.path(path), "this list is empty; name something, or leave out the key")
            }
            var elements: [Element] = []
            for (index, value) in values.enumerated() {
                elements.append(try kind.read(value, path + [Lines.step(index)]))
            }
            return elements
        }
    }
}

extension Kind {
    /// Some words of an enumeration, each at most once.
    package static func words<Word: RawRepresentable & CaseIterable & Sendable>(_: Word.Type) -> Kind
    where T == [Word], Word.RawValue == String {
        let list = Kind.list(of: Kind<Word>.word)
        return Kind { value, path throws(DocumentError) in
            let words = try list.read(value, path)
            for (index, word) in words.enumerated()
            where words.prefix(index).contains(where: { $0.rawValue == word.rawValue }) {
                throw DocumentError(
                    .path(path + [Lines.step(index)]),
                    "\(word.rawValue.quoted) stands here for the second time; keep one of the two")
            }
            return words
        }
    }
}

extension Kind where T: RawRepresentable & CaseIterable & Sendable, T.RawValue == String {
    /// One of the words of an enumeration.
    package static var word: Kind {
        let words = T.allCases.map(\.rawValue)
        let expected = (words.dropLast().map(\.quoted).joined(separator: ", ") + " or ") + (words.last?.quoted ?? "")
        return .text(expected) { text throws(ValueError) in
            if let word = T(rawValue: text) { return word }
            let near = text.nearest(in: words).map { "; did you mean \($0.quoted)?" }
            throw ValueError("expected \(expected), found \(text.quoted)" + (near ?? ""))
        }
    }
}

extension Value {
    fileprivate var isList: Bool { if case .list = self { true } else { false } }
}

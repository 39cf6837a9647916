/// Reads a roster, some bytes at a time, in memory that does not grow with the file.
public struct Roster {
    public enum Form: String, Sendable, CaseIterable {
        /// CSV with a header; JSON, if the first character is `{` or `[`: lines, or objects in whatever layout.
        case own
        /// pam_oath's users.oath.
        case oath
        /// The settings of authy-ssh.
        case authySSH = "authy-ssh"
    }

    private enum Reading {
        /// The first bytes, which say what it is.
        case nothing([UInt8])
        case csv(CSVRoster)
        case lines(Lines, (Int, String) throws(LineFault) -> Entry?)
        case json(JSONObjects)
        /// It cannot be read, and that was said.
        case unreadable
    }

    private var reading = Reading.nothing([])
    private let form: Form
    private let makesEmail: Bool

    /// - Parameter makesEmail: whether users who are given no e-mail address get one by their names, so that no column is needed.
    public init(_ form: Form, makesEmail: Bool = false) {
        self.form = form
        self.makesEmail = makesEmail
    }

    public mutating func take(_ bytes: [UInt8]) -> [Found] {
        switch reading {
        case .nothing(let first):
            let all = first + bytes
            // As many as a mark of the byte order has, and the first two characters that are not blank.
            guard Self.begins(all) else {
                reading = .nothing(all)
                return []
            }
            return begin(all)
        case .csv(var csv):
            reading = .nothing([])
            defer { reading = .csv(csv) }
            return csv.take(bytes)
        case .lines(var lines, let parse):
            reading = .nothing([])
            defer { reading = .lines(lines, parse) }
            return Self.entries(lines.take(bytes), parse)
        case .json(var objects):
            reading = .nothing([])
            defer { reading = .json(objects) }
            return Self.entries(objects.take(bytes))
        case .unreadable: return []
        }
    }

    public mutating func end() -> [Found] {
        switch reading {
        case .nothing(let first):
            guard !first.isEmpty else {
                return form == .own ? [.fault(LineFault(1, "the file is empty; \(CSVRoster.header)"))] : []
            }
            let found = begin(first)
            return found + end()
        case .csv(var csv): return csv.end()
        case .lines(var lines, let parse): return Self.entries(lines.end(), parse)
        case .json(var objects): return Self.entries(objects.end())
        case .unreadable: return []
        }
    }

    /// Whether there is enough of a file to say what it is.
    private static func begins(_ bytes: [UInt8]) -> Bool {
        bytes.count > 4_096 || bytes.count > 3 && bytes.filter { !blanks.contains($0) }.count > 4
    }

    private static let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]

    /// Lines of JSON keep a fault to its line; anything else is read by its braces.
    private static func isOfLines(_ bytes: [UInt8]) -> Bool {
        guard bytes.first == 0x7B else { return false }
        let line = bytes.dropFirst().prefix { $0 != 0x0A }
        return line.count == bytes.count - 1 || line.contains { !blanks.contains($0) }
    }

    /// Whether a file begins as text in UTF-16 does, with a mark of the byte order or without one.
    private static func isUTF16(_ bytes: [UInt8]) -> Bool {
        let first = bytes.prefix(2)
        return first == [0xFF, 0xFE] || first == [0xFE, 0xFF] || first.contains(0)
    }

    private mutating func begin(_ bytes: [UInt8]) -> [Found] {
        guard !Self.isUTF16(bytes) else {
            reading = .unreadable
            return [
                .fault(
                    LineFault(1, "this is UTF-16, and UTF-8 is wanted: iconv -f UTF-16 -t UTF-8 FILE, or save it anew"))
            ]
        }
        let rest = Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
        switch form {
        case .own where Self.isOfLines(rest): reading = .lines(Lines(), JSONLine.entry)
        case .own where [0x7B, 0x5B].contains(rest.first { !Self.blanks.contains($0) }): reading = .json(JSONObjects())
        case .own: reading = .csv(CSVRoster(makesEmail: makesEmail))
        case .oath: reading = .lines(Lines(), OATHLine.entry)
        case .authySSH: reading = .lines(Lines(), AuthySSHLine.entry)
        }
        return rest.isEmpty ? [] : take(rest)
    }

    private static func entries(_ objects: [JSONObjects.Found]) -> [Found] {
        objects.compactMap { found in
            switch found {
            case .fault(let fault): return .fault(fault)
            case .object(let line, let bytes):
                do throws(LineFault) {
                    guard let text = String(validating: bytes, as: UTF8.self) else {
                        throw LineFault(line, "not UTF-8")
                    }
                    return try JSONLine.entry(line, text).map(Found.entry)
                } catch { return .fault(error) }
            }
        }
    }

    private static func entries(_ lines: [Lines.Found], _ parse: (Int, String) throws(LineFault) -> Entry?) -> [Found] {
        lines.compactMap { found in
            switch found {
            case .fault(let fault): return .fault(fault)
            case .line(let number, let bytes):
                do throws(LineFault) {
                    guard let text = String(validating: bytes, as: UTF8.self) else {
                        throw LineFault(number, "not UTF-8")
                    }
                    return try parse(number, text).map(Found.entry)
                } catch { return .fault(error) }
            }
        }
    }
}

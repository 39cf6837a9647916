/// Reads a roster, some bytes at a time, in memory that does not grow with the file.
public struct RosterReader {
    /// Format of a roster file.
    public enum Format: String, Sendable, CaseIterable {
        /// CSV with a header, or JSON if the first character is `{` or `[`: one object per line, or any other layout.
        case own
        /// users.oath of pam_oath.
        case oath
        /// Settings of authy-ssh.
        case authySSH = "authy-ssh"
    }

    private enum Reading {
        /// First bytes, while the format is not known.
        case nothing([UInt8])
        case csv(CSVRoster)
        case lines(Lines, (Int, String) throws(RosterError) -> Entry?)
        case json(JSONObjects)
        /// The file cannot be read, and the fault has been reported.
        case unreadable
    }

    private var reading = Reading.nothing([])
    private let format: Format
    private let makesEmail: Bool

    /// Begins to read a file.
    ///
    /// - Parameters:
    ///   - format: format of the file.
    ///   - makesEmail: whether users without an e-mail address get one from their names; CSV then needs no such column.
    public init(_ format: Format, makesEmail: Bool = false) {
        self.format = format
        self.makesEmail = makesEmail
    }

    /// Reads the next bytes of the file.
    ///
    /// - Parameter bytes: any number of bytes; a line or record may be split anywhere.
    /// - Returns: entries and faults that these bytes complete.
    public mutating func read(_ bytes: [UInt8]) -> [Found] {
        switch reading {
        case .nothing(let first):
            let all = first + bytes
            // Enough for a byte order mark and the first two characters that are not blank.
            guard Self.begins(all) else {
                reading = .nothing(all)
                return []
            }
            return begin(all)
        case .csv(var csv):
            reading = .nothing([])
            defer { reading = .csv(csv) }
            return csv.read(bytes)
        case .lines(var lines, let parse):
            reading = .nothing([])
            defer { reading = .lines(lines, parse) }
            return Self.entries(lines.read(bytes), parse: parse)
        case .json(var objects):
            reading = .nothing([])
            defer { reading = .json(objects) }
            return Self.entries(objects.read(bytes))
        case .unreadable: return []
        }
    }

    /// Ends the file.
    ///
    /// - Returns: entries and faults that the last bytes hold; a fault if the file is empty and its form needs a
    ///   header.
    public mutating func end() -> [Found] {
        switch reading {
        case .nothing(let first):
            guard !first.isEmpty else {
                return if format == .own {
                    [.error(RosterError(1, "the file is empty; \(CSVRoster.header)"))]
                } else {
                    []
                }
            }
            let found = begin(first)
            return found + end()
        case .csv(var csv): return csv.end()
        case .lines(var lines, let parse): return Self.entries(lines.end(), parse: parse)
        case .json(var objects): return Self.entries(objects.end())
        case .unreadable: return []
        }
    }

    /// Whether there are enough bytes to tell the format.
    private static func begins(_ bytes: [UInt8]) -> Bool {
        bytes.count > 4_096 || bytes.count > 3 && bytes.filter { !blanks.contains($0) }.count > 4
    }

    private static let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]

    /// Whether JSON has one object per line, so that a fault stays within its line.
    ///
    /// Other layouts are split at their braces.
    private static func isOfLines(_ bytes: [UInt8]) -> Bool {
        guard bytes.first == 0x7B else { return false }
        let line = bytes.dropFirst().prefix { $0 != 0x0A }
        return line.count == bytes.count - 1 || line.contains { !blanks.contains($0) }
    }

    /// Whether the bytes begin as UTF-16 text does, with or without a byte order mark.
    private static func isUTF16(_ bytes: [UInt8]) -> Bool {
        let first = bytes.prefix(2)
        return first == [0xFF, 0xFE] || first == [0xFE, 0xFF] || first.contains(0)
    }

    private mutating func begin(_ bytes: [UInt8]) -> [Found] {
        guard !Self.isUTF16(bytes) else {
            reading = .unreadable
            return [
                .error(
                    RosterError(
                        1, "this is UTF-16, and UTF-8 is wanted: iconv -f UTF-16 -t UTF-8 FILE, or save it anew"))
            ]
        }
        let mark = if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { 3 } else { 0 }
        let rest = Array(bytes.dropFirst(mark))
        switch format {
        case .own where Self.isOfLines(rest): reading = .lines(Lines(), JSONLine.entry)
        case .own where [0x7B, 0x5B].contains(rest.first { !Self.blanks.contains($0) }): reading = .json(JSONObjects())
        case .own: reading = .csv(CSVRoster(makesEmail: makesEmail))
        case .oath: reading = .lines(Lines(), OATHLine.entry)
        case .authySSH: reading = .lines(Lines(), AuthySSHLine.entry)
        }
        return if rest.isEmpty { [] } else { read(rest) }
    }

    private static func entries(_ objects: [JSONObjects.Found]) -> [Found] {
        objects.compactMap { found in
            switch found {
            case .error(let error): return .error(error)
            case .object(let line, let bytes):
                do throws(RosterError) {
                    guard let text = String(validating: bytes, as: UTF8.self) else {
                        throw RosterError(line, "not UTF-8")
                    }
                    return try JSONLine.entry(line, text: text).map(Found.entry)
                } catch { return .error(error) }
            }
        }
    }

    private static func entries(_ lines: [Lines.Found], parse: (Int, String) throws(RosterError) -> Entry?) -> [Found] {
        lines.compactMap { found in
            switch found {
            case .error(let error): return .error(error)
            case .line(let number, let bytes):
                do throws(RosterError) {
                    guard let text = String(validating: bytes, as: UTF8.self) else {
                        throw RosterError(number, "not UTF-8")
                    }
                    return try parse(number, text).map(Found.entry)
                } catch { return .error(error) }
            }
        }
    }
}

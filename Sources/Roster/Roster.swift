/// Reads a roster, some bytes at a time, in memory that does not grow with the file.
public struct Roster {
    public enum Form: String, Sendable, CaseIterable {
        /// CSV with a header; JSON lines, if the first character is `{`.
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
    }

    private var reading = Reading.nothing([])
    private let form: Form

    public init(_ form: Form) { self.form = form }

    public mutating func take(_ bytes: [UInt8]) -> [Found] {
        switch reading {
        case .nothing(let first):
            let all = first + bytes
            // As many as a mark of the byte order has.
            guard all.count > 3 else {
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
        }
    }

    public mutating func end() -> [Found] {
        switch reading {
        case .nothing(let first):
            guard !first.isEmpty else { return form == .own ? [.fault(LineFault(1, "the file is empty; \(CSVRoster.header)"))] : [] }
            let found = begin(first)
            return found + end()
        case .csv(var csv): return csv.end()
        case .lines(var lines, let parse): return Self.entries(lines.end(), parse)
        }
    }

    private mutating func begin(_ bytes: [UInt8]) -> [Found] {
        let rest = Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
        switch form {
        case .own where rest.first == 0x7B: reading = .lines(Lines(), JSONLine.entry)
        case .own: reading = .csv(CSVRoster())
        case .oath: reading = .lines(Lines(), OATHLine.entry)
        case .authySSH: reading = .lines(Lines(), AuthySSHLine.entry)
        }
        return rest.isEmpty ? [] : take(rest)
    }

    private static func entries(_ lines: [Lines.Found], _ parse: (Int, String) throws(LineFault) -> Entry?) -> [Found] {
        lines.compactMap { found in
            switch found {
            case .fault(let fault): return .fault(fault)
            case .line(let number, let bytes):
                do throws(LineFault) {
                    guard let text = String(validating: bytes, as: UTF8.self) else { throw LineFault(number, "not UTF-8") }
                    return try parse(number, text).map(Found.entry)
                } catch { return .fault(error) }
            }
        }
    }
}

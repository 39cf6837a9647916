/// What is wrong with one line of a file; the rest of the file is still read.
public struct RosterError: Error, Equatable, Sendable {
    /// Line where the fault is, counted from 1.
    public let line: Int
    /// Reason for people, without the line number.
    public let message: String

    /// Makes a fault of one line.
    ///
    /// - Parameters:
    ///   - line: line where the fault is, counted from 1.
    ///   - message: reason for people, without the line number.
    public init(_ line: Int, _ message: String) {
        self.line = line
        self.message = message
    }
}

/// One result of reading a roster; results come in the order of the file.
public enum Found: Equatable, Sendable {
    case entry(Entry)
    case error(RosterError)
}

/// Maximum length of a line in bytes, quoted line ends included; longer lines are refused and not kept.
let longest = 65_536

/// What is wrong with one line of a file; the rest of the file is read all the same.
public struct LineFault: Error, Equatable, Sendable {
    /// From 1.
    public let line: Int
    public let message: String

    public init(_ line: Int, _ message: String) {
        self.line = line
        self.message = message
    }
}

/// What one reading of some bytes brought, in the order of the file.
public enum Found: Equatable, Sendable {
    case entry(Entry)
    case fault(LineFault)
}

/// The most bytes that one line, quoted line ends included, may have: longer ones are refused without being kept.
let longest = 65_536

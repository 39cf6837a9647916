/// Splits CSV (RFC 4180) into records, some bytes at a time.
///
/// Lines end with LF or CRLF; empty lines do not count. A malformed record is a fault, and the rest of its line is
/// skipped. A quote that is never closed takes the rest of the file with it; the fault is reported at the line where it
/// opened.
struct CSVRecords {
    enum Found {
        case record(line: Int, [[UInt8]])
        case error(RosterError)
    }

    /// More fields than any roster has.
    private static let mostFields = 64

    private enum State { case fieldStart, bare, quoted, quoteInQuoted, carriageReturn, passingOver }

    private var state = State.fieldStart
    private var line = 1
    /// First line of the current record.
    private var firstLine = 1
    /// Line of the opening quote.
    private var quoteLine = 1
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var length = 0
    private var found: [Found] = []

    mutating func read(_ bytes: some Collection<UInt8>) -> [Found] {
        found = []
        for byte in bytes { read(byte) }
        return found
    }

    mutating func end() -> [Found] {
        found = []
        switch state {
        case .quoted: refuse("the quote is never closed", at: quoteLine)
        case .carriageReturn: refuse("a carriage return without a line feed", at: line)
        case .passingOver: break
        case .fieldStart, .bare, .quoteInQuoted: endRecord()
        }
        return found
    }

    private mutating func read(_ byte: UInt8) {
        let isLineEnd = byte == 0x0A
        defer { if isLineEnd { line += 1 } }
        length += 1
        if length > longest, state != .passingOver {
            refuse("longer than 64 kB", at: firstLine)
            // Inside quotes only a line end can be taken for the end of the record.
            field = []
        }
        switch (state, byte) {
        case (.passingOver, 0x0A): begin()
        case (.passingOver, _): break
        case (.quoted, 0x22): state = .quoteInQuoted
        case (.quoted, _): field.append(byte)
        case (.quoteInQuoted, 0x22):
            field.append(byte)
            state = .quoted
        case (.carriageReturn, 0x0A), (.fieldStart, 0x0A), (.bare, 0x0A), (.quoteInQuoted, 0x0A): endRecord()
        case (.carriageReturn, _): refuse("a carriage return without a line feed", at: line)
        case (_, 0x0D): state = .carriageReturn
        case (.fieldStart, 0x2C), (.bare, 0x2C), (.quoteInQuoted, 0x2C): endField()
        case (.quoteInQuoted, _): refuse("something behind a closing quote", at: line)
        case (.fieldStart, 0x22):
            quoteLine = line
            state = .quoted
        case (.bare, 0x22): refuse("a quote in a field that does not begin with one", at: line)
        case (.fieldStart, _), (.bare, _):
            field.append(byte)
            state = .bare
        }
    }

    private mutating func endField() {
        fields.append(field)
        field = []
        state = .fieldStart
        if fields.count > Self.mostFields { refuse("more than \(Self.mostFields) fields", at: firstLine) }
    }

    private mutating func endRecord() {
        let isEmpty = fields.isEmpty && field.isEmpty && state != .quoteInQuoted
        fields.append(field)
        if !isEmpty { found.append(.record(line: firstLine, fields)) }
        begin()
    }

    private mutating func refuse(_ message: String, at line: Int) {
        found.append(.error(RosterError(line, message)))
        fields = []
        field = []
        state = .passingOver
    }

    /// Starts the next record after the current line end.
    private mutating func begin() {
        fields = []
        field = []
        length = 0
        firstLine = line + 1
        state = .fieldStart
    }
}

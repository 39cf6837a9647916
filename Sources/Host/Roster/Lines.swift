/// Splits bytes into lines that end with LF or CRLF, some bytes at a time.
///
/// A line that is too long is a fault and is not kept.
struct Lines {
    enum Found {
        case line(Int, [UInt8])
        case error(RosterError)
    }

    private var line: [UInt8] = []
    private var number = 1
    private var isTooLong = false

    mutating func read(_ bytes: some Collection<UInt8>) -> [Found] {
        var found: [Found] = []
        for byte in bytes {
            if byte == 0x0A {
                found += end()
                number += 1
                isTooLong = false
            } else if isTooLong {
                continue
            } else if line.count >= longest {
                found.append(.error(RosterError(number, "longer than 64 kB")))
                isTooLong = true
                line = []
            } else {
                line.append(byte)
            }
        }
        return found
    }

    /// Returns the unfinished line, unless it is empty.
    mutating func end() -> [Found] {
        if line.last == 0x0D { line.removeLast() }
        defer { line = [] }
        return if line.isEmpty { [] } else { [.line(number, line)] }
    }
}

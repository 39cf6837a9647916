internal import CommandSupport
internal import Glibc
internal import Roster

/// A roster on disk, read twice, a piece at a time.
struct RosterFile {
    private static let piece = 16_384

    private let name: String
    private let descriptor: CInt
    private let form: RosterReader.Format
    let size: Int
    private var roster: RosterReader
    private var found: ArraySlice<Found> = []
    private var isAtEnd = false

    /// Opens a roster; `name` is the path as typed, for messages.
    static func open(_ path: Path, name: String, form: RosterReader.Format) throws -> RosterFile {
        let descriptor = Glibc.open(path.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw CommandError("\(name): \(systemReason())", hint: "check the path") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandError("\(name): not a regular file", hint: "it is read twice: put it into a file first")
        }
        return RosterFile(
            name: name, descriptor: descriptor, form: form, size: Int(status.st_size), roster: RosterReader(form))
    }

    /// Goes back to the beginning; `makesEmail` is passed on to `RosterReader`.
    mutating func rewind(makesEmail: Bool) throws {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw CommandError("\(name) cannot be read again: \(systemReason())")
        }
        roster = RosterReader(form, makesEmail: makesEmail)
        found = []
        isAtEnd = false
    }

    /// Returns the next line; nil at the end.
    mutating func next() throws -> RosterLine? {
        while true {
            if let next = found.popFirst() { return line(next) }
            guard !isAtEnd else { return nil }
            var buffer = [UInt8](repeating: 0, count: Self.piece)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandError("\(name) cannot be read: \(systemReason())") }
            isAtEnd = count == 0
            let batch = if isAtEnd { roster.end() } else { roster.read(Array(buffer.prefix(count))) }
            found = batch[...]
        }
    }

    private func line(_ found: Found) -> RosterLine {
        switch found {
        case .entry(let entry): RosterLine(place: "\(name):\(entry.line)", result: .success(entry))
        case .error(let error): RosterLine(place: "\(name):\(error.line)", result: .failure(error))
        }
    }
}

/// One entry or fault, with its file and line.
struct RosterLine {
    let place: String
    let result: Result<Entry, RosterError>
}

/// Source of a roster.
enum RosterSource {
    case file(RosterFile)
    /// Read as a whole before the rights to read it were given up.
    case lines([RosterLine], next: Int = 0)

    /// Whether there may be thousands of entries.
    var isLarge: Bool {
        switch self {
        case .file(let file): file.size > 65_536
        case .lines(let lines, _): lines.count > 1_000
        }
    }

    /// Begins a pass; with `makesEmail`, users without an e-mail address get one from their names.
    mutating func rewind(makesEmail: Bool) throws {
        switch self {
        case .file(var file):
            try file.rewind(makesEmail: makesEmail)
            self = .file(file)
        case .lines(let lines, _): self = .lines(lines)
        }
    }

    mutating func next() throws -> RosterLine? {
        switch self {
        case .file(var file):
            defer { self = .file(file) }
            return try file.next()
        case .lines(let lines, let index):
            guard index < lines.count else { return nil }
            self = .lines(lines, next: index + 1)
            return lines[index]
        }
    }
}

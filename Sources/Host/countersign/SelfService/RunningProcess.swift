internal import Glibc
internal import Identifiers

/// A process as proc(5) describes it.
struct RunningProcess {
    let id: pid_t
    private let parent: pid_t
    /// Start time, in clock ticks since boot.
    private let startTime: UInt64

    /// Returns nil if there is no such process.
    init?(_ id: pid_t) {
        let descriptor = open("/proc/\(id)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        // The second field, the program's name in parentheses, may hold blanks; fields 4 and 22 are wanted.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 19, let parent = pid_t(fields[1]), let startTime = UInt64(fields[19]) else { return nil }
        (self.id, self.parent, self.startTime) = (id, parent, startTime)
    }

    /// The sudo that started this process, nearest first; with a terminal of its own (use_pty) sudo is two processes.
    static func sudo() -> [RunningProcess] {
        var found: [RunningProcess] = []
        var next = RunningProcess(getppid())
        while let process = next, process.isSudo, found.count < 2 {
            found.append(process)
            next = RunningProcess(process.parent)
        }
        return found
    }

    /// The module's name for a login of this person in that process.
    func attempt(of person: Person) -> String { "process \(id) \(startTime) \(person.uid)" }

    private var isSudo: Bool {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(id)/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.hasSuffix("/sudo")
    }
}

internal import Accounts
internal import Glibc
internal import LoginFlow
internal import Settings

/// A factor that was proven in this process, just now.
///
/// The module is run once, as in a login to the service `countersign`. That it lets in is not enough: a pause, an exemption, a grace or a
/// remembered login let in without a factor. What counts is that the accounts have this very attempt as approved.
struct Fresh {
    static let service = "countersign"
    private let person: Person
    private let attempt: String

    /// As root, before the accounts are opened.
    static func prove(_ person: Person) throws -> Fresh {
        guard isatty(STDIN_FILENO) == 1 else {
            throw Trouble("nobody is at a terminal to prove a factor", hint: "run it in a terminal")
        }
        let login = try PAMStack.with(service: service, module: nil, arguments: []) {
            try PAMLogin(service: service, user: person.name, folder: $0)
        }
        guard try login.authenticate() == .letIn else { throw refusal(person) }
        return Fresh(person: person, attempt: "process \(getpid()) \(try startTime()) \(person.uid)")
    }

    /// With the accounts open.
    func check(_ desk: Desk) throws {
        guard desk.settings.login(for: Self.service).factorOf == .user else {
            throw Trouble("login.service.countersign.factor_of is not \"user\"", hint: "the administrator takes that out of the settings")
        }
        guard try desk.accounts.attempt(attempt, now: Moment.now)?.outcome == .approved else {
            throw Trouble(
                "the login was let in without a factor, which is not enough here",
                hint: "`countersign history` says why; an exemption or a pause is the administrator's to end", code: .refused)
        }
    }

    private static func refusal(_ person: Person) -> Trouble {
        Trouble("nothing was changed: no factor of \(person.name) was proven", hint: "try again with your phone at hand", code: .refused)
    }

    /// When this process started, as the module has it in the name of an attempt (proc(5), stat, field 22).
    private static func startTime() throws -> UInt64 {
        let descriptor = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        // The second field is the program's name in parentheses, and may hold blanks.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 19, let ticks = UInt64(fields[19]) else { throw Trouble("/proc/self/stat cannot be read") }
        return ticks
    }
}

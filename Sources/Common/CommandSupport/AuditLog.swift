internal import Encoding
internal import Glibc
internal import Identifiers

/// Writes a line to the system log for each change that a command makes: keys in a fixed order, no secrets.
package struct AuditLog: Sendable {
    /// Importance of a line.
    package enum Level: Sendable {
        case notice
        /// Somebody can log in without a factor from now on.
        case warning

        fileprivate var priority: CInt {
            switch self {
            case .notice: LOG_NOTICE
            case .warning: LOG_WARNING
            }
        }
    }

    /// Name of the program, which begins the line.
    private let program: String

    /// Creates a log of the program with that name.
    package init(program: String) { self.program = program }

    /// Returns the line: keys with values that are one word each, then the detail, which is text for people.
    package static func line(_ keys: [(name: String, value: String)], detail: String? = nil) -> String {
        let words = keys.map { "\($0.name)=\($0.value.logToken)" } + (detail.map { ["detail=\"\($0.logText)\""] } ?? [])
        return words.joined(separator: " ")
    }

    /// Writes the line with the facility `authpriv`.
    package func write(_ keys: [(name: String, value: String)], detail: String? = nil, level: Level = .notice) {
        let line = Self.line(keys, detail: detail)
        // openlog(3) keeps the pointer of the name.
        program.withCString { name in
            openlog(name, 0, LOG_AUTHPRIV)
            line.withCString { text in
                withVaList([text]) { vsyslog(LOG_AUTHPRIV | level.priority, "%s", $0) }
            }
            closelog()
        }
    }
}

/// Who is behind a process of root.
package enum CallerIdentity {
    /// Uid of the caller of sudo (SUDO_UID); nil if sudo did not start this.
    package static var sudoCaller: UInt32? { number(getenv("SUDO_UID").map { String(cString: $0) }) }

    /// The user who logged in (`/proc/self/loginuid`); nil without a login, as in a unit, where the kernel reports
    /// 4294967295.
    package static var loginUser: UInt32? {
        let file = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var digits = [UInt8](repeating: 0, count: 16)
        let count = read(file, &digits, digits.count)
        return number(String(decoding: digits.prefix(max(0, count)), as: UTF8.self))
    }

    private static func number(_ text: String?) -> UInt32? {
        guard let uid = text.flatMap({ UInt32($0) }), uid != .max else { return nil }
        return uid
    }
}

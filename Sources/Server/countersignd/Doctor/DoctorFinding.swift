internal import CommandSupport
internal import Encoding

/// One line of `countersignd doctor`.
struct DoctorFinding: Equatable, Sendable {
    enum Level: String, Sendable { case ok, warning, problem }

    let level: Level
    /// What was looked at, in one word.
    let check: String
    let message: String
    /// What to do next; nil if all is well.
    let hint: String?

    static func ok(_ check: String, _ message: String) -> DoctorFinding {
        DoctorFinding(level: .ok, check: check, message: message, hint: nil)
    }

    static func warning(_ check: String, _ message: String, hint: String) -> DoctorFinding {
        DoctorFinding(level: .warning, check: check, message: message, hint: hint)
    }

    static func problem(_ check: String, _ message: String, hint: String) -> DoctorFinding {
        DoctorFinding(level: .problem, check: check, message: message, hint: hint)
    }

    /// A problem of what was thrown.
    static func problem(_ check: String, _ error: any Error) -> DoctorFinding {
        let error = CommandError(error)
        return .problem(check, error.message, hint: error.hint ?? "countersignd check says more")
    }

    var json: JSONValue {
        .object([
            "level": .string(level.rawValue), "check": .string(check), "message": .string(message),
            "hint": .string(orNull: hint),
        ])
    }

    var line: String { "\(level.rawValue): \(check): \(message)" + (hint.map { " (\($0))" } ?? "") }
}

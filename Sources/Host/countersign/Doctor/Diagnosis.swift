internal import CommandSupport
internal import Encoding

/// The result of one check of `countersign doctor`.
struct Diagnosis {
    enum Status: String {
        case ok, warning, problem

        /// The exit code of a run whose worst result this is.
        var code: Int32 {
            switch self {
            case .ok: 0
            case .warning: 1
            case .problem: 2
            }
        }

        fileprivate var color: TerminalColor {
            switch self {
            case .ok: .green
            case .warning: .yellow
            case .problem: .red
            }
        }
    }

    /// What was looked at, in one word: a service, or `settings`, `server` and the like.
    let check: String
    let status: Status
    let message: String
    /// What to do next; nil if all is well.
    let hint: String?

    static func ok(_ check: String, _ message: String) -> Diagnosis {
        Diagnosis(check: check, status: .ok, message: message, hint: nil)
    }

    static func warning(_ check: String, _ message: String, hint: String) -> Diagnosis {
        Diagnosis(check: check, status: .warning, message: message, hint: hint)
    }

    static func problem(_ check: String, _ message: String, hint: String) -> Diagnosis {
        Diagnosis(check: check, status: .problem, message: message, hint: hint)
    }

    /// Takes over what `countersign check` has found.
    static func found(_ check: String, _ result: CheckResult) -> Diagnosis {
        let isAdvice = !result.isProblem || result.effect == .showsEnglish
        return Diagnosis(
            check: check, status: isAdvice ? .warning : .problem, message: result.message, hint: result.hint)
    }

    /// The line for people, and below it what to do next.
    ///
    /// Names and texts of files are made plain.
    var lines: [String] {
        let takesColors = Terminal.takesColors
        let word = status.color.paint(status.rawValue.padded(to: 8), if: takesColors)
        return ["\(word) \(check.plain): \(message.plain)"] + (hint.map { ["         \($0.plain)"] } ?? [])
    }

    var json: JSONValue {
        .object([
            "check": .string(check), "status": .string(status.rawValue), "message": .string(message),
            "hint": hint.map { .string($0) } ?? .null,
        ])
    }
}

/// What `countersign doctor` has found so far; each line is printed as soon as it is known.
struct DoctorReport {
    private let isJSON: Bool
    private(set) var diagnoses: [Diagnosis] = []

    init(isJSON: Bool) { self.isJSON = isJSON }

    /// The worst result.
    var worst: Diagnosis.Status {
        let all = diagnoses.map(\.status)
        return if all.contains(.problem) { .problem } else if all.contains(.warning) { .warning } else { .ok }
    }

    /// Adds results, and prints them unless the report is JSON.
    ///
    /// - Throws: `CommandError` if standard output cannot be written.
    mutating func add(_ more: [Diagnosis]) throws {
        for diagnosis in more
        where !diagnoses.contains(where: { $0.check == diagnosis.check && $0.message == diagnosis.message }) {
            diagnoses.append(diagnosis)
            if !isJSON { try Output.picture(diagnosis.lines) }
        }
    }

    /// Prints the sum, or everything as one object.
    ///
    /// - Throws: `CommandError` if standard output cannot be written.
    func finish() throws {
        guard isJSON else {
            let counts = [Diagnosis.Status.problem, .warning].map { status in
                diagnoses.count { $0.status == status }.counted(status.rawValue)
            }
            return try Output.line(counts.joined(separator: ", "))
        }
        try Output.json(.object(["status": .string(worst.rawValue), "checks": .array(diagnoses.map(\.json))]))
    }
}

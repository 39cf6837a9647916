internal import Glibc

/// Why a command failed, and what to do about it.
package struct CommandError: Error {
    /// Exit codes besides 0, and 64 for wrong arguments.
    package enum Code: Int32, Sendable {
        case failed = 1
        /// The person or the phone refused, and nothing was changed.
        case refused = 2
        /// The same command may succeed later (EX_TEMPFAIL, sysexits.h).
        case later = 75
        /// The settings are wrong (EX_CONFIG, sysexits.h).
        case settings = 78
    }

    /// What went wrong.
    package let message: String
    /// What to do about it: one hint on each line; nil if nothing helps.
    package let hint: String?
    /// The code that the process exits with.
    package let code: Code

    /// Creates an error; it is not printed until `report()` is called.
    package init(_ message: String, hint: String? = nil, code: Code = .failed) {
        self.message = message
        self.hint = hint
        self.code = code
    }

    /// Writes the message and the hints to standard error.
    package func report() {
        Output.error(message)
        hint?.split(separator: "\n").forEach { Output.hint(String($0)) }
    }
}

/// Says why a system call failed.
///
/// - Parameter error: the error number; by default that of the last call.
/// - Returns: the system's words for it (strerror(3)).
package func systemReason(_ error: CInt = errno) -> String { String(cString: strerror(error)) }

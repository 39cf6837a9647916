internal import Glibc

/// The terminal of this process.
package enum Terminal {
    /// Whether standard output is a terminal.
    package static var isThere: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Width of standard output in columns; nil if it is unknown, or not a terminal.
    package static var columns: Int? {
        var size = winsize()
        guard isThere, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Width of standard error in columns; 80 if it is unknown.
    package static var errorColumns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether the locale's encoding is UTF-8.
    package static let takesUnicode: Bool = {
        _ = setlocale(LC_CTYPE, "")
        guard let name = nl_langinfo(nl_item(CODESET)) else { return false }
        return String(cString: name) == "UTF-8"
    }()

    /// Whether colors are understood, and wanted (https://no-color.org).
    package static var takesColors: Bool {
        isThere && (text("NO_COLOR") ?? "").isEmpty && text("TERM") != "dumb"
    }

    /// Whether standard error is a terminal whose cursor can be moved.
    package static var movesCursor: Bool { isatty(STDERR_FILENO) == 1 && text("TERM") != "dumb" && text("TERM") != nil }

    private static func text(_ variable: String) -> String? { getenv(variable).map { String(cString: $0) } }
}

internal import Glibc

/// The terminal that a person may sit at.
enum Terminal {
    /// Whether standard output is one.
    static var isThere: Bool { isatty(STDOUT_FILENO) == 1 }

    /// How wide it is; nil where that is not known, or there is none.
    static var columns: Int? {
        var size = winsize()
        guard isThere, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// How wide the one on standard error is.
    static var errorColumns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether the locale's characters are UTF-8.
    static let takesUnicode: Bool = {
        _ = setlocale(LC_CTYPE, "")
        guard let name = nl_langinfo(nl_item(CODESET)) else { return false }
        return String(cString: name) == "UTF-8"
    }()

    /// Whether colours are understood, and wanted (https://no-color.org).
    static var takesColours: Bool {
        isThere && (text("NO_COLOR") ?? "").isEmpty && text("TERM") != "dumb"
    }

    /// Whether standard error is one whose cursor can be moved.
    static var movesCursor: Bool { isatty(STDERR_FILENO) == 1 && text("TERM") != "dumb" && text("TERM") != nil }

    private static func text(_ variable: String) -> String? { getenv(variable).map { String(cString: $0) } }
}

internal import CQRencode
internal import CSyscalls

/// A QR code (ISO/IEC 18004) for a terminal or a page.
///
/// It is as confidential as its text.
public struct QRCode: Sendable {
    /// The ways to draw the code in a terminal.
    public enum Style: Sendable {
        /// Two modules in one character, one above the other.
        case halfBlocks
        /// One module in two characters.
        case ascii
    }

    /// Light modules that a reader needs on each side.
    static let margin = 4
    /// Modules on each side, without the margin.
    let width: Int
    /// The modules by rows, from the top left.
    private let isDark: [Bool]

    /// Makes the code with the lowest error correction (level L).
    ///
    /// Nil if the text is empty, too long or has a NUL in it, or if memory is short.
    public init?(_ text: String) {
        // The library takes a NUL for the end of the text.
        guard !text.utf8.contains(0), let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) else { return nil }
        defer { QRcode_free(code) }
        guard let data = code.pointee.data, code.pointee.width > 0 else { return nil }
        width = Int(code.pointee.width)
        let modules = UnsafeMutableBufferPointer(start: data, count: width * width)
        isDark = modules.map { $0 & 1 == 1 }
        system_wipe(data, modules.count)
    }

    /// One text for each row of modules, from the top, without the margin of light modules: `1` is dark, `0` light.
    public var rows: [String] {
        (0..<width).map { y in (0..<width).map { x in isLight(x, y) ? "0" : "1" }.joined() }
    }

    func isLight(_ x: Int, _ y: Int) -> Bool {
        guard (0..<width).contains(x), (0..<width).contains(y) else { return true }
        return !isDark[y * width + x]
    }
}

extension QRCode: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text, without the content.
    public var description: String { "QR code" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// Empty, so that a dump does not show the content.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

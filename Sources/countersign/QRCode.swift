internal import CQRencode
internal import CSyscalls

/// A QR code (ISO/IEC 18004) for a terminal.
struct QRCode {
    enum Style {
        /// Two modules in one character, one above the other.
        case halfBlocks
        /// One module in two characters.
        case ascii
    }

    /// Modules of light that a reader needs on each side.
    private static let margin = 4
    private let width: Int
    /// By rows, from the top left.
    private let isDark: [Bool]

    /// Nil where the text is too long, or there is no memory.
    init?(_ text: String) {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) else { return nil }
        defer { QRcode_free(code) }
        guard let data = code.pointee.data, code.pointee.width > 0 else { return nil }
        width = Int(code.pointee.width)
        let modules = UnsafeMutableBufferPointer(start: data, count: width * width)
        isDark = modules.map { $0 & 1 == 1 }
        system_wipe(data, modules.count)
    }

    /// Columns of the terminal that it takes.
    func columns(_ style: Style) -> Int { (width + 2 * Self.margin) * (style == .ascii ? 2 : 1) }

    /// Drawn in light on dark, as most terminals are.
    /// - Parameter coloured: makes it so in any terminal.
    func lines(_ style: Style, coloured: Bool) -> [String] {
        let all = -Self.margin..<(width + Self.margin)
        let lines =
            switch style {
            case .ascii: all.map { y in all.map { x in isLight(x, y) ? "##" : "  " }.joined() }
            case .halfBlocks:
                stride(from: all.lowerBound, to: all.upperBound, by: 2).map { y in
                    all.map { x in Self.block(isLight(x, y), isLight(x, y + 1)) }.joined()
                }
            }
        return coloured ? lines.map { "\u{1B}[97;40m\($0)\u{1B}[0m" } : lines
    }

    private func isLight(_ x: Int, _ y: Int) -> Bool {
        guard (0..<width).contains(x), (0..<width).contains(y) else { return true }
        return !isDark[y * width + x]
    }

    private static func block(_ upper: Bool, _ lower: Bool) -> String {
        switch (upper, lower) {
        case (true, true): "\u{2588}"
        case (true, false): "\u{2580}"
        case (false, true): "\u{2584}"
        case (false, false): " "
        }
    }
}

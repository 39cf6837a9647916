extension QRCode {
    /// The number of terminal columns that the code takes.
    public func columns(_ style: Style) -> Int {
        let modules = width + 2 * Self.margin
        return if style == .ascii { 2 * modules } else { modules }
    }

    /// The lines of the code, from the top: light on dark, as most terminals are.
    ///
    /// - Parameters:
    ///   - style: how modules are drawn.
    ///   - coloured: whether escape sequences set the colors, so that the code is right in any terminal.
    /// - Returns: one text for each line, without line ends.
    public func lines(_ style: Style, coloured: Bool) -> [String] {
        let all = -Self.margin..<(width + Self.margin)
        let lines =
            switch style {
            case .ascii: all.map { y in all.map { x in isLight(x, y) ? "##" : "  " }.joined() }
            case .halfBlocks:
                stride(from: all.lowerBound, to: all.upperBound, by: 2).map { y in
                    all.map { x in Self.block(upper: isLight(x, y), lower: isLight(x, y + 1)) }.joined()
                }
            }
        guard coloured else { return lines }
        return lines.map { "\u{1B}[97;40m\($0)\u{1B}[0m" }
    }

    private static func block(upper: Bool, lower: Bool) -> String {
        switch (upper, lower) {
        case (true, true): "\u{2588}"
        case (true, false): "\u{2580}"
        case (false, true): "\u{2584}"
        case (false, false): " "
        }
    }
}

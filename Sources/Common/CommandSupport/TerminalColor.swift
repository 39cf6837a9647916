/// Colors only; the text carries the meaning.
package enum TerminalColor: Int {
    case red = 31
    case green = 32
    case yellow = 33

    /// Colors the text if that is wanted.
    package func paint(_ text: String, if wanted: Bool) -> String {
        wanted ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

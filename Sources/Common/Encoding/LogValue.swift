/// Values of a log line, which is ASCII: nothing in one can end it or begin another.
extension String {
    /// The value for `key=VALUE` in a log line: at most 127 bytes without blanks, quotes and equals signs, or `-` if it
    /// is empty.
    public var logToken: String {
        let text = escaped(limit: 127) { $0.value > 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "=" }
        return text.isEmpty ? "-" : text
    }

    /// The value for `key="VALUE"` in a log line: at most 300 bytes.
    public var logText: String {
        replacing("\"", with: "?").escaped(limit: 300) { $0.value >= 0x20 && $0.value < 0x7F }
    }

    private func escaped(limit: Int, where stays: (Unicode.Scalar) -> Bool) -> String {
        var text = ""
        for scalar in unicodeScalars {
            let next =
                if stays(scalar) { String(scalar) } else {
                    "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
                }
            guard text.utf8.count + next.utf8.count <= limit else { break }
            text += next
        }
        return text
    }
}

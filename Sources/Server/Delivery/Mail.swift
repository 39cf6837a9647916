internal import Encoding
internal import Glibc

/// A plain-text mail (RFC 5322, RFC 2045), in ASCII with lines of at most 76 characters.
package struct Mail: Sendable {
    /// The addresses are valid: see `Recipient`.
    private let from: String
    private let to: String
    private let subject: String
    private let body: String
    private let id: String
    private let date: Int64

    /// Creates a mail.
    ///
    /// - Parameters:
    ///   - from: the sender's address.
    ///   - to: the recipient's address.
    ///   - subject: any text; line ends become blanks.
    ///   - text: the body.
    ///   - id: unique, of letters, digits and `-`; the local part of the Message-ID.
    ///   - date: Unix seconds.
    package init(from: String, to: String, subject: String, text: String, id: String, date: Int64) {
        self.from = from
        self.to = to
        self.subject = subject
        self.body = text
        self.id = id
        self.date = date
    }

    /// Returns the message as it goes into SMTP's DATA, with CRLF line ends.
    ///
    /// - Parameter withSubject: false leaves the subject out, as gateways from mail to text messages want it.
    /// - Returns: headers, a blank line, and the body as quoted-printable.
    package func text(withSubject: Bool = true) -> String {
        let domain = from.split(separator: "@").last ?? "localhost"
        let subjectHeader: String? = if withSubject { "Subject: \(HeaderText.of(subject))" } else { nil }
        let headers = [
            "From: <\(from)>", "To: <\(to)>", subjectHeader, "Date: \(MailDate.text(date))",
            "Message-ID: <\(id)@\(domain)>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
        ]
        return headers.compactMap { $0 }.joined(separator: "\r\n") + "\r\n\r\n" + QuotedPrintable.of(body)
    }
}

/// Encodes free text for a header: a line end in it cannot end the header.
package enum HeaderText {
    /// Bytes of text in one encoded word, such that the word and `Subject: ` fit into a line.
    private static let longestWord = 39

    /// Returns the text as it is if it is short ASCII, else as encoded words (RFC 2047).
    package static func of(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            if scalar.properties.generalCategory == .control { " " } else { scalar }
        }
        let text = String(String.UnicodeScalarView(scalars))
        let isPlain =
            text.utf8.count <= 60 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
        if isPlain { return text }
        return words(text).map { "=?utf-8?B?\(Base64.encode(Array($0.utf8)))?=" }.joined(separator: "\r\n ")
    }

    /// Splits the text without cutting a character (RFC 2047, section 5).
    private static func words(_ text: String) -> [String] {
        text.unicodeScalars.reduce(into: [""]) { words, scalar in
            let last = words.count - 1
            if words[last].utf8.count + UTF8.width(scalar) > longestWord {
                words.append(String(scalar))
            } else {
                words[last].unicodeScalars.append(scalar)
            }
        }
    }
}

/// Formats dates for mail headers (RFC 5322, section 3.3).
package enum MailDate {
    /// Returns a date in UTC, such as `Tue, 24 Nov 2026 00:45:26 +0000`.
    ///
    /// - Parameter seconds: Unix seconds.
    /// - Returns: day, date and time in English, with the zone `+0000`.
    package static func text(_ seconds: Int64) -> String {
        var (moment, parts) = (time_t(seconds), tm())
        gmtime_r(&moment, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = days.dropFirst(Int(parts.tm_wday)).first ?? "Sun"
        let month = months.dropFirst(Int(parts.tm_mon)).first ?? "Jan"
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { number in
            if number < 10 { "0\(number)" } else { "\(number)" }
        }
        return "\(day), \(parts.tm_mday) \(month) \(parts.tm_year + 1900) \(time.joined(separator: ":")) +0000"
    }
}

/// Encodes text as quoted-printable (RFC 2045, section 6.7).
package enum QuotedPrintable {
    /// The maximum length of a line before the `=` of a soft line break.
    private static let longestLine = 75

    /// Returns the encoded UTF-8 of the text, with CRLF line ends, the last line included.
    package static func of(_ text: String) -> String {
        var lines: [[UInt8]] = [[]]
        var last: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            // The second half of a line end.
            case 0x0A where last == 0x0D: break
            case 0x0A, 0x0D: lines.append([])
            default: lines[lines.count - 1].append(byte)
            }
            last = byte
        }
        return lines.map(line).joined(separator: "\r\n") + "\r\n"
    }

    private static func line(_ bytes: [UInt8]) -> String {
        var (text, width) = ("", 0)
        for (index, byte) in bytes.enumerated() {
            let sign = sign(byte, isLast: index == bytes.count - 1)
            if width + sign.utf8.count > longestLine {
                text += "=\r\n"
                width = 0
            }
            text += sign
            width += sign.utf8.count
        }
        return text
    }

    /// Encodes one byte; a blank at the end of a line must be encoded, as transports strip it.
    private static func sign(_ byte: UInt8, isLast: Bool) -> String {
        let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x20 && !isLast
        return if isPlain { String(Unicode.Scalar(byte)) } else { "=" + Hexadecimal.encode([byte], isUppercase: true) }
    }
}

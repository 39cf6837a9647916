internal import SettingsFile

extension Kind<String> {
    static var gatewayName: Kind {
        .text("a name in quotes") { text throws(ValueError) in
            guard text.replacing(" ", with: "-").isPlainName, text.last != " " else {
                throw ValueError("the name of a gateway has 1 to 64 letters, digits, blanks and - . _ in it")
            }
            return text
        }
    }

    /// An account SID, safe as a part of a URL.
    ///
    /// Services with Twilio's API have other forms than AC and 32 digits.
    static var twilioAccount: Kind {
        .text { text throws(ValueError) in
            guard text.isPlainName, !text.contains(".") else {
                throw ValueError("an account is its SID, such as AC and 32 letters and digits")
            }
            return text
        }
    }

    /// The sender of a text message or call.
    ///
    /// It is a number in E.164, a short code of 3 to 8 digits, the SID of a messaging service (`MG` and 32 hexadecimal
    /// digits), or a name of up to 11 letters, digits and blanks with at least one letter.
    static var sender: Kind {
        .text("a number or name in quotes") { text throws(ValueError) in
            let bytes = text.utf8
            let isNumber = bytes.first == UInt8(ascii: "+") && isE164(bytes.dropFirst())
            let isName = (1...11).contains(bytes.count) && bytes.allSatisfy { $0.isLetterOrDigit || $0 == 0x20 }
            let isShort =
                (3...8).contains(bytes.count) && bytes.allSatisfy(\.isDigit) && bytes.first != UInt8(ascii: "0")
            let isService =
                bytes.count == 34 && text.hasPrefix("MG")
                && bytes.dropFirst(2).allSatisfy { $0.isDigit || (0x61...0x66).contains($0 | 0x20) }
            guard
                isNumber || isShort || isService
                    || isName && bytes.contains(where: \.isLetter) && bytes.first != 0x20 && bytes.last != 0x20
            else {
                throw ValueError(
                    "expected a number such as +15551234567, a short code, a messaging service (MG...), "
                        + "or a name of up to 11 letters and digits"
                )
            }
            return text
        }
    }

    private static func isE164(_ digits: Substring.UTF8View) -> Bool {
        (7...15).contains(digits.count) && digits.allSatisfy(\.isDigit) && digits.first != UInt8(ascii: "0")
    }

    /// A URL that codes are sent to: https, or http to loopback.
    static var gatewayURL: Kind {
        .text("a URL in quotes") { text throws(ValueError) in
            let address = try WebAddress(text)
            guard !address.isPlain || address.isOfThisMachine else {
                throw ValueError(
                    "codes would go there unencrypted; "
                        + "write https://, or http:// for localhost, 127.0.0.1 and [::1] only"
                )
            }
            return address.text
        }
    }

    /// `smtp://` or `smtps://` with a host and a port.
    ///
    /// `smtp://` uses STARTTLS; only a server on loopback may do without.
    static var mailServer: Kind {
        .text("a URL in quotes") { text throws(ValueError) in
            guard let scheme = ["smtps://", "smtp://"].first(where: { text.lowercased().hasPrefix($0) }) else {
                throw ValueError("expected a URL that begins with smtps:// or smtp://")
            }
            let address = try WebAddress("https://" + text.dropFirst(scheme.count))
            guard !address.hasPath else { throw ValueError("the URL of a mail server has no path") }
            return scheme + address.text.dropFirst("https://".count)
        }
    }

    static var domain: Kind {
        .text("a domain in quotes") { text throws(ValueError) in
            let domain = text.lowercased()
            guard WebAddress.isHost(domain[...]) else {
                throw ValueError("\(text.quoted) is no domain; write it as \"sms.example.com\"")
            }
            return domain
        }
    }

    /// One word of a command.
    ///
    /// The code cannot be a part of it, since every user of the machine can read a program's arguments.
    static var argument: Kind {
        .text { text throws(ValueError) in
            let isPlain = !text.hasControlCharacters && text.utf8.count < 4096
            guard isPlain else { throw ValueError("this word is too long or has a control character in it") }
            let names = placeholders(in: text)
            guard !names.contains("code"), !names.contains("text") else {
                throw ValueError("the message comes on standard input; every user can read arguments")
            }
            guard let stranger = names.first(where: { !["kind", "to"].contains($0) }) else { return text }
            throw ValueError("{\(stranger)} is not known in a command; known here: {kind}, {to}")
        }
    }
}

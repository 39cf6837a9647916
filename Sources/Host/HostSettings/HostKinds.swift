package import SettingsFile

extension Kind<String> {
    /// A text that users see in a login: 1 to 1000 characters of plain ASCII, since not every ssh client shows more.
    static var saying: Kind {
        .text("a text in quotes") { text throws(ValueError) in
            guard (1...1_000).contains(text.utf8.count) else {
                throw ValueError("a text here has 1 to 1000 characters")
            }
            guard text.utf8.allSatisfy({ $0 == 0x0A || (0x20...0x7E).contains($0) }) else {
                throw ValueError("a text here is plain ASCII, since not every ssh client shows more")
            }
            return text
        }
    }

    /// A country code (ITU-T E.164), with or without a plus: 1 to 3 digits, the first not 0.
    static var countryCode: Kind {
        .text("a country code in quotes") { text throws(ValueError) in
            let digits = if text.hasPrefix("+") { String(text.dropFirst()) } else { text }
            guard (1...3).contains(digits.utf8.count), digits.utf8.first != 0x30,
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw ValueError("\(text.quoted) is no country code; write it as \"49\"") }
            return digits
        }
    }

    /// The domain of an e-mail address: two or more labels (RFC 1034, section 3.5).
    static var domain: Kind {
        .text("a domain in quotes") { text throws(ValueError) in
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            let arePlain = labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D
                    }
            }
            guard labels.count >= 2, arePlain, text.utf8.count <= 190 else {
                throw ValueError("\(text.quoted) is no domain; write it as \"example.com\"")
            }
            return text
        }
    }

    /// The name of a PAM service.
    static var service: Kind {
        .text("a service in quotes") { text throws(ValueError) in try serviceName(text) }
    }

    /// The URL of a proxy, without a path.
    static var proxy: Kind {
        .text("a URL in quotes") { text throws(ValueError) in
            let address = try WebAddress(text)
            guard !address.hasPath else { throw ValueError("the URL of a proxy has no path") }
            return address.text
        }
    }
}

extension Kind<APIKey> {
    static var apiKey: Kind {
        .text("an API key in quotes") { text throws(ValueError) in try APIKey(Array(text.utf8)) }
    }
}

/// Checks the name of a PAM service.
///
/// libpam uses the last path component of a service's name, in lower case: any other name would never match.
func serviceName(_ text: String) throws(ValueError) -> String {
    guard !text.isEmpty else { throw ValueError("this name of a service is empty") }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }) else {
        throw ValueError("\(text.quoted) is no service; write the name of its file in pam.d")
    }
    guard text == text.lowercased() else {
        throw ValueError("PAM knows services in lower case only; write \(text.lowercased().quoted)")
    }
    return text
}

extension Kind<Settings.Server.Endpoint> {
    /// `unix:/PATH`, or an http or https URL.
    package static var endpoint: Kind {
        .text("a URL in quotes") { text throws(ValueError) in
            guard text.hasPrefix("unix:") else {
                return .web(url: try WebAddress(text, orElse: ", or unix:/path").text)
            }
            return .unixSocket(path: try socketPath(text))
        }
    }
}

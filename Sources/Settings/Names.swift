package import LoginFlow

extension Kind<String> {
    /// An absolute path without `..`, so that checking its parents means something.
    /// - Parameter example: what the error names.
    package static func path(such example: String = "/etc/countersign/api-key") -> Kind {
        .text("an absolute path in quotes") { text throws(Fault) in try absolutePath(text, such: example) }
    }

    /// The name of a user or a group.
    package static var name: Kind {
        .text("a name in quotes") { text throws(Fault) in
            guard !text.isEmpty else { throw Fault("this name is empty") }
            guard !text.hasControlCharacters else { throw Fault("the name \(text.quoted) has a control character in it") }
            return text
        }
    }

    /// What is said to a person in a login: sshd and old clients take short lines of plain ASCII only.
    static var saying: Kind {
        .text("a text in quotes") { text throws(Fault) in
            guard (1...1_000).contains(text.utf8.count) else { throw Fault("a text here has 1 to 1000 characters") }
            guard text.utf8.allSatisfy({ $0 == 0x0A || (0x20...0x7E).contains($0) }) else {
                throw Fault("a text here is plain ASCII, since not every ssh client shows more")
            }
            return text
        }
    }

    /// What stands before a national phone number (ITU-T E.164): 1 to 3 digits.
    static var countryCode: Kind {
        .text("a country code in quotes") { text throws(Fault) in
            let digits = text.hasPrefix("+") ? String(text.dropFirst()) : text
            guard (1...3).contains(digits.utf8.count), digits.utf8.first != 0x30, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { throw Fault("\(text.quoted) is no country code; write it as \"49\"") }
            return digits
        }
    }

    /// What stands behind the @ of an address of e-mail.
    static var domain: Kind {
        .text("a domain in quotes") { text throws(Fault) in
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            let arePlain = labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { byte in (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D }
            }
            guard labels.count >= 2, arePlain, text.utf8.count <= 190 else {
                throw Fault("\(text.quoted) is no domain; write it as \"example.com\"")
            }
            return text
        }
    }

    /// The name of a PAM service.
    static var service: Kind {
        .text("a service in quotes") { text throws(Fault) in try serviceName(text) }
    }
}

extension Kind<Network> {
    package static var network: Kind<Network> {
        .text("a network in quotes") { text throws(Fault) in
            if let network = Network(text) { return network }
            guard let meant = Network(clearing: text) else {
                throw Fault("\(text.quoted) is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\"")
            }
            throw Fault("\(text.quoted) has bits set behind its prefix; did you mean \"\(meant.address)/\(meant.prefix)\"?")
        }
    }
}

extension Kind<APIKey> {
    static var apiKey: Kind {
        .text("an API key in quotes") { text throws(Fault) in try APIKey(Array(text.utf8)) }
    }
}

package func absolutePath(_ text: String, such example: String = "/etc/countersign/api-key") throws(Fault) -> String {
    let parts = text.split(separator: "/")
    guard text.utf8.first == UInt8(ascii: "/"), !parts.isEmpty else {
        throw Fault("expected an absolute path such as \(example)")
    }
    guard !text.hasControlCharacters, text.utf8.count < 4096 else { throw Fault("this path is too long or has a control character in it") }
    guard !parts.contains(".."), !parts.contains(".") else { throw Fault("a path here is written without . and .. in it") }
    return text
}

/// libpam takes the last part of a service's name and turns it into lower case: no other name would ever match.
func serviceName(_ text: String) throws(Fault) -> String {
    guard !text.isEmpty else { throw Fault("this name of a service is empty") }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }) else {
        throw Fault("\(text.quoted) is no service; write the name of its file in pam.d")
    }
    guard text == text.lowercased() else { throw Fault("PAM knows services in lower case only; write \(text.lowercased().quoted)") }
    return text
}

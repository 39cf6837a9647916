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

package import Identifiers

extension Kind<String> {
    /// An absolute path without `..`, so that its parents can be checked; `example` is named in the error.
    package static func path(such example: String = "/etc/countersign/api-key") -> Kind {
        .text("an absolute path in quotes") { text throws(ValueError) in try absolutePath(text, such: example) }
    }

    /// The name of a user or a group: not empty, and without control characters.
    package static var name: Kind {
        .text("a name in quotes") { text throws(ValueError) in
            guard !text.isEmpty else { throw ValueError("this name is empty") }
            guard !text.hasControlCharacters else {
                throw ValueError("the name \(text.quoted) has a control character in it")
            }
            return text
        }
    }
}

extension Kind<Network> {
    /// A network in CIDR notation, with no bit set behind the prefix.
    package static var network: Kind<Network> {
        .text("a network in quotes") { text throws(ValueError) in
            if let network = Network(text) { return network }
            guard let meant = Network(clearing: text) else {
                throw ValueError("\(text.quoted) is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\"")
            }
            throw ValueError(
                "\(text.quoted) has bits set behind its prefix; did you mean \"\(meant.address)/\(meant.prefix)\"?")
        }
    }
}

/// Checks a path: absolute, shorter than 4096 bytes, and without `.`, `..` and control characters.
///
/// - Parameters:
///   - text: the path.
///   - example: a path for the error.
/// - Returns: the text unchanged.
/// - Throws: `ValueError` if it is not such a path.
package func absolutePath(_ text: String, such example: String = "/etc/countersign/api-key") throws(ValueError)
    -> String
{
    let parts = text.split(separator: "/")
    guard text.utf8.first == UInt8(ascii: "/"), !parts.isEmpty else {
        throw ValueError("expected an absolute path such as \(example)")
    }
    guard !text.hasControlCharacters, text.utf8.count < 4096 else {
        throw ValueError("this path is too long or has a control character in it")
    }
    guard !parts.contains(".."), !parts.contains(".") else {
        throw ValueError("a path here is written without . and .. in it")
    }
    return text
}

/// The path in `unix:/PATH`: absolute, and at most 107 bytes, the room in `sockaddr_un` (unix(7)) beside its NUL.
///
/// - Parameter text: the setting, which begins with `unix:`.
/// - Returns: the path.
/// - Throws: `ValueError` if it is not such a path.
package func socketPath(_ text: String) throws(ValueError) -> String {
    let path = try absolutePath(String(text.dropFirst(5)))
    guard !path.hasPrefix("//") else {
        throw ValueError("write a socket with one slash, as unix:/run/countersignd/api.sock")
    }
    guard path.utf8.count <= 107 else { throw ValueError("the path of a socket has at most 107 bytes") }
    return path
}

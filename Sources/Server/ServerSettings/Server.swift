internal import Identifiers
internal import SettingsFile

extension ServiceSettings.Server {
    init(_ given: Table) throws(DocumentError) {
        self.init()
        var table = given
        try table.read("listen", as: .list(of: .listener), into: &listen)
        publicURL = try table.read("public_url", as: .publicURL)
        let chain = try table.read("certificate", as: .path(such: "/etc/countersign/server.pem"))
        let key = try table.read("private_key", as: .path(such: "/etc/countersign/server.key"))
        hostAuthorities = try table.read("host_ca_file", as: .path(such: "/etc/countersign/server-ca.pem"))
        try table.read("behind_proxy", as: .truth, into: &behindProxy)
        try table.read("trusted_proxies", as: .list(of: .networkText, canBeEmpty: true), into: &trustedProxies)
        metrics = try table.read("metrics", as: .listener)
        try table.close()
        switch (chain, key) {
        case (let chain?, let key?): certificate = ServiceSettings.Certificate(chain: chain, privateKey: key)
        case (nil, nil): certificate = nil
        case (_?, nil):
            throw table.error(
                "private_key is missing; a certificate is of no use without its key", at: "certificate")
        case (nil, _?):
            throw table.error(
                "certificate is missing; a key is of no use without its certificate", at: "private_key")
        }
        try check(table)
    }

    /// Checks keys that depend on each other.
    private func check(_ table: Table) throws(DocumentError) {
        if let twice = listen.indices.first(where: { listen[..<$0].contains(listen[$0]) && !listen[$0].isAnyPort }) {
            throw table.error("\(listen[twice].written) stands there twice; keep one of the two", at: "listen")
        }
        if let metrics {
            guard metrics.isOfThisMachine else {
                throw table.error(
                    "\(metrics.written) is open to others; write an address of loopback or a socket", at: "metrics")
            }
            if let wide = listen.first(where: { $0.covers(metrics) }) {
                throw table.error(
                    "\(wide.written) in listen has \(metrics.written) in it; give it a port of its own", at: "metrics")
            }
            guard metrics.isAnyPort || !listen.contains(metrics) else {
                throw table.error(
                    "\(metrics.written) stands in listen too; give it an address of its own", at: "metrics")
            }
        }
        if behindProxy, publicURL?.hasPrefix("https://") != true {
            throw table.error(
                "a proxy in front of it speaks TLS; write its public_url = \"https://...\" too", at: "behind_proxy")
        }
        if certificate == nil, !behindProxy, let open = listen.first(where: { !$0.isOfThisMachine }) {
            let way =
                "set certificate and private_key, or behind_proxy = true "
                + "where only a proxy that speaks TLS can reach it"
            throw table.error(
                "\(open.written) without TLS is open to others; listen on 127.0.0.1, or \(way)", at: "listen")
        }
        if certificate != nil, publicURL?.hasPrefix("http://") == true {
            throw table.error("with a certificate it speaks TLS; write https://", at: "public_url")
        }
        if Network.coverTheInternet(trustedProxies.compactMap { Network($0) }) {
            throw table.error(
                "everybody could then say where he comes from; name the proxies only", at: "trusted_proxies")
        }
    }
}

extension ServiceSettings.Listener {
    /// The listener as it is written in the file.
    fileprivate var written: String {
        switch self {
        case .address(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): "unix:\(path)"
        }
    }

    /// Returns whether a socket at this address also receives the other address's connections.
    ///
    /// `0.0.0.0` covers IPv4, and `[::]` covers IPv6 and, with `isDual`, IPv4.
    ///
    /// - Parameters:
    ///   - other: the address that may be covered.
    ///   - isDual: whether `[::]` also accepts IPv4, as it does unless `net.ipv6.bindv6only` is set (ip(7)).
    /// - Returns: false for equal addresses, port 0, other ports and sockets of this machine.
    public func covers(_ other: Self, isDual: Bool = true) -> Bool {
        guard case .address(let host, let port) = self, case .address(let otherHost, port) = other, port != 0 else {
            return false
        }
        let isSix = otherHost.contains(":")
        return host != otherHost && (host == "::" && (isDual || isSix) || host == "0.0.0.0" && !isSix)
    }

    fileprivate var isAnyPort: Bool { if case .address(_, 0) = self { true } else { false } }

    fileprivate var isOfThisMachine: Bool {
        guard case .address(let host, _) = self else { return true }
        return Address(host).map { address in Self.loopback.contains { $0.contains(address) } } ?? false
    }

    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { Network($0) }
}

extension Kind<ServiceSettings.Listener> {
    fileprivate static var listener: Kind {
        .text("an address and a port in quotes") { text throws(ValueError) in
            if text.hasPrefix("unix:") { return .unixSocket(try socketPath(text)) }
            return try address(text)
        }
    }

    private static func address(_ text: String) throws(ValueError) -> ServiceSettings.Listener {
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let digits = text[colon...].dropFirst()
        guard let host = numericHost(text[..<colon]) else {
            throw ValueError(refusal(of: text[..<colon], port: digits))
        }
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit), let port = Int(digits),
            port <= 65535
        else {
            throw ValueError("a port is a number from 0 to 65535, 0 for any that is free")
        }
        return .address(host: host, port: port)
    }

    /// Returns the usual form of an IPv6 address in brackets or an IPv4 address without; nil for anything else and for
    /// a scope.
    private static func numericHost(_ text: Substring) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]") && text.utf8.count > 2
        let bare = if isBracketed { text.dropFirst().dropLast() } else { text }
        guard !bare.contains("%"), bare.contains(":") == isBracketed else { return nil }
        return Address(String(bare))?.description
    }

    private static func refusal(of host: Substring, port: Substring) -> String {
        let such = "127.0.0.1:8555, [::1]:8555 or unix:/run/countersignd/api.sock"
        let near: String =
            switch host {
            case "localhost": "; did you mean \"127.0.0.1:\(port)\"?"
            case "", "*": "; for all addresses write [::]:\(port) or 0.0.0.0:\(port)"
            default: ""
            }
        return "expected a numeric address and a port such as \(such)" + near
    }
}

extension Kind<String> {
    /// The text of a valid `Network`.
    fileprivate static var networkText: Kind {
        Kind { value, path throws(DocumentError) in
            _ = try Kind<Network>.network.read(value, path)
            return try Kind.text { $0 }.read(value, path)
        }
    }

    /// An origin as browsers serialize it: no path, and no default port.
    fileprivate static var publicURL: Kind {
        .text("a URL in quotes") { text throws(ValueError) in
            let address = try WebAddress(text)
            guard !address.hasPath else {
                throw ValueError("public_url has no path; give the server a host of its own")
            }
            guard !text.hasSuffix("/") else { throw ValueError("write public_url without the slash at its end") }
            guard !address.isPlain || address.isOfThisMachine else {
                throw ValueError("http:// is taken for localhost, 127.0.0.1 and [::1] only; phones need https://")
            }
            let usualPort = if address.isPlain { ":80" } else { ":443" }
            guard address.text.hasSuffix("\(address.host)\(usualPort)") else { return address.text }
            return String(address.text.dropLast(usualPort.count))
        }
    }
}

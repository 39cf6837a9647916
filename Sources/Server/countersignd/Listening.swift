internal import CommandSupport
internal import Glibc
internal import ServerSettings

extension ServiceSettings.Listener {
    /// Throws if something else listens at the address, before anything is bound.
    ///
    /// Binding a unix socket would replace the file of a running server.
    func requireFree(_ key: String) throws {
        switch self {
        case .unixSocket(let path): try Self.requireFree(socket: path, "server.\(key): unix:\(path)")
        case .address(_, 0): break
        case .address(let host, let port):
            try Self.requireFree(host: host, port: port, place: "server.\(key): \(host) port \(port)")
        }
    }

    private static func requireFree(socket path: String, _ place: String) throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/"
        guard access(folder, W_OK | X_OK) == 0 else {
            throw CommandError(
                "\(place): \(ServiceUser.current.name) cannot write to \(folder): \(String(cString: strerror(errno)))",
                hint:
                    "/run/countersignd is there while the unit runs; "
                    + "another folder is made by hand, for \(ServiceUser.current.name)"
            )
        }
        var found = stat()
        guard lstat(path, &found) == 0 else { return }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw CommandError("\(place): there is a file that is no socket", hint: "name another")
        }
        let error = probe { descriptor in
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        guard error != ECONNREFUSED, error != ENOENT else { return }
        throw CommandError(
            "\(place): another server listens there", hint: "end it, or give this one an address of its own")
    }

    private static func requireFree(host: String, port: Int, place: String) throws {
        var hints = addrinfo()
        (hints.ai_flags, hints.ai_socktype) = (AI_NUMERICHOST | AI_NUMERICSERV, Int32(SOCK_STREAM.rawValue))
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else { return }
        defer { freeaddrinfo(list) }
        let error = probe(family: list.pointee.ai_family) { descriptor in
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, list.pointee.ai_addr, list.pointee.ai_addrlen)
        }
        switch error {
        case 0: return
        case EADDRINUSE:
            throw CommandError(
                "\(place): another program listens there", hint: "ss -ltnp says which; end it, or take another port")
        case EACCES:
            throw CommandError(
                "\(place): \(ServiceUser.current.name) may not listen there",
                hint: "take a port above 1023, or see CAP_NET_BIND_SERVICE in countersignd.service")
        case let error:
            throw CommandError(
                "\(place): \(String(cString: strerror(error)))", hint: "`ip address` shows the addresses of this host")
        }
    }

    /// Calls `body` with a new socket.
    ///
    /// - Returns: the errno of `body`, or 0.
    private static func probe(family: Int32 = AF_UNIX, _ body: (Int32) -> Int32) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return if body(descriptor) == 0 { 0 } else { errno }
    }
}

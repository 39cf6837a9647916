internal import CSyscalls
internal import CommandSupport
internal import Frames
internal import Glibc
internal import HostSettings
internal import NetProtocol

/// Processes of countersign-net, which speak to the server and have no other rights.
///
/// Each handles one request at a time.
struct NetPool {
    /// Long enough for any roster.
    private static let milliseconds: Int64 = 7 * 24 * 3_600 * 1_000

    /// One process, by this side's end of its socket.
    struct Process {
        let channel: Channel
        /// The server as the settings name it.
        private let server: String
        fileprivate let pid: pid_t
        private var nextNumber: Int64 = 1
        /// Number of the request that has not been answered yet.
        private(set) var asked: Int64?
        private(set) var isThere = true
        /// The last reply, with what it says of the server.
        private(set) var reply: NetReply?

        fileprivate init(channel: Channel, server: String, pid: pid_t) {
            self.channel = channel
            self.server = server
            self.pid = pid
        }

        var isIdle: Bool { isThere && asked == nil }

        mutating func ask(_ request: NetRequest) {
            isThere = isThere && channel.send(NetMessage.request(request, number: nextNumber).frame)
            asked = nextNumber
            nextNumber += 1
        }

        /// Gives up a poll that has not been answered.
        mutating func stopPolling() {
            asked = nil
            isThere = isThere && channel.send(NetMessage.stopPolling.frame)
        }

        /// Returns the answer to the open request; nil while there is none.
        ///
        /// For a process that has ended, the answer is `refused`; an outage is `outage`, whether something was sent or
        /// not, and names the server.
        mutating func answer() -> NetResult? {
            while let number = asked {
                guard isThere else { return end() }
                switch channel.receive() {
                case .nothing: return nil
                case .end: return end()
                case .frame(let frame):
                    // An answer to an earlier request that was given up is dropped.
                    guard let reply = NetReply(frame), reply.number == number else { continue }
                    asked = nil
                    self.reply = reply
                    switch reply.result {
                    case .outage(let reason), .unreached(let reason): return .outage("\(server): \(reason)")
                    case let result: return result
                    }
                }
            }
            return nil
        }

        private mutating func end() -> NetResult {
            isThere = false
            asked = nil
            return .refused("countersign-net ended")
        }
    }

    var processes: [Process]

    /// Starts the processes, which become the user who speaks to the server.
    ///
    /// Root calls this before it becomes another user.
    static func start(_ settings: Settings, count: Int, helpers: Path, serviceUser: ServiceUser) throws -> NetPool {
        guard let server = settings.server else { throw noServer }
        let key = try server.key(trust: serviceUser.trust)
        try server.checkSocket(trust: serviceUser.trust)
        return try start(
            server.netServer(key: key, milliseconds: milliseconds), name: server.name, count: count, helpers: helpers,
            serviceUser: serviceUser)
    }

    /// Starts the processes for a server that the settings need not name.
    static func start(
        _ server: NetServer, name: String, count: Int, helpers: Path, serviceUser: ServiceUser
    ) throws -> NetPool {
        let program = try open(helpers)
        defer { close(program) }
        let user = try user(serviceUser)
        let processes = try (0..<count).map { _ in try start(program, as: user, server: name) }
        for process in processes { _ = process.channel.send(server.frame) }
        return NetPool(processes: processes)
    }

    /// Asks one process of a new pool for one thing, and ends it.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - server: the server to ask.
    ///   - helpers: the directory of the helpers.
    ///   - serviceUser: who runs this.
    /// - Returns: the result; an outage if there is none within the time of `server`.
    /// - Throws: `CommandError` if countersign-net cannot be started.
    static func result(
        of request: NetRequest, from server: NetServer, helpers: Path, serviceUser: ServiceUser
    ) throws -> NetResult {
        var pool = try start(server, name: server.url, count: 1, helpers: helpers, serviceUser: serviceUser)
        defer { pool.end() }
        let until = system_now() + server.milliseconds
        pool.processes[0].ask(request)
        while system_now() < until {
            if let result = pool.processes[0].answer() { return result }
            _ = readable([pool.processes[0].channel.descriptor], until: until)
        }
        return .outage("\(server.url): no answer in time")
    }

    /// Ends the processes, and waits up to a second for each.
    ///
    /// Approval requests that are still open are withdrawn meanwhile.
    func end() {
        for process in processes { close(process.channel.descriptor) }
        for process in processes { system_await(process.pid, 1_000) }
    }

    static var noServer: CommandError {
        CommandError(
            "the settings have no [server]",
            hint: "write [server] into the settings, or give users SoftTokens: countersign softtoken")
    }

    private static func open(_ helpers: Path) throws -> CInt {
        let path = "\(helpers)/countersign-net"
        var part = 0
        let program = system_open_trusted(path, system_trust(owner: geteuid(), group: 0, public_file: 1), 0, &part)
        guard program >= 0 else {
            throw CommandError(
                "\(path): \(HelperProgram.reason(program))",
                hint: "install Countersign anew, or say where the helpers are with --helpers")
        }
        return program
    }

    /// Returns nil if the processes stay the user of this one.
    private static func user(_ serviceUser: ServiceUser) throws -> SystemUser? {
        guard case .appointed = serviceUser else { return nil }
        guard let user = try SystemUser.named(SystemUser.net), user.uid != 0, user.gid != 0 else {
            throw CommandError(
                "the system user \(SystemUser.net) is missing",
                hint: "create it with: \(ServiceUser.useradd(SystemUser.net))")
        }
        return user
    }

    private static func start(_ program: CInt, as user: SystemUser?, server: String) throws -> Process {
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw CommandError("no socket can be made: \(systemReason())")
        }
        defer { close(ends[1]) }
        let pid = "countersign-net".withCString { name in
            var helper = system_helper(
                executable: program, sockets: (ends[1], -1), name: name, elevated: user == nil ? 0 : 1,
                uid: user?.uid ?? 0,
                gid: user?.gid ?? 0)
            return system_start(&helper)
        }
        guard pid > 0 else { throw CommandError("countersign-net cannot be started: \(systemReason(-pid))") }
        return Process(channel: Channel(descriptor: ends[0]), server: server, pid: pid)
    }
}

extension Settings.Server {
    fileprivate var name: String {
        switch endpoint {
        case .web(let url): url
        case .unixSocket(let path): "unix:\(path)"
        }
    }
}

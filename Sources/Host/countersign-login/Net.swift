internal import Frames
internal import NetProtocol

/// The connection to countersign-net on fd 4: sends requests and receives their results.
struct Net {
    /// A request with its result.
    struct Answered {
        let request: NetRequest
        let result: NetResult
    }

    let channel: Channel
    private var nextNumber: Int64 = 1
    /// The open requests by number; results with any other number are ignored.
    private var open: [Int64: NetRequest] = [:]
    private(set) var isOpen = false

    init(channel: Channel) { self.channel = channel }

    /// Names the one server that countersign-net may reach.
    mutating func start(_ server: NetServer) { isOpen = channel.send(server.frame) }

    /// Sends a request; returns false if countersign-net is gone.
    mutating func ask(_ request: NetRequest) -> Bool {
        let number = nextNumber
        nextNumber += 1
        guard isOpen, channel.send(NetMessage.request(request, number: number).frame) else { return false }
        open[number] = request
        return true
    }

    /// Gives up the poll that is under way; its result is ignored.
    mutating func stopPolling() {
        open = open.filter { if case .poll = $0.value { false } else { true } }
        _ = isOpen && channel.send(NetMessage.stopPolling.frame)
    }

    /// Waits for a result, for a frame of the module, or until a time of `system_now`.
    func wait(orFor module: Channel, until deadline: Int64) {
        var channels = [module]
        if isOpen { channels.append(channel) }
        Channel.wait(for: channels, until: deadline)
    }

    /// Receives at most one result without waiting; at end of file, all open requests fail.
    mutating func receive() -> [Answered] {
        guard isOpen else { return [] }
        switch channel.receive() {
        case .nothing: return []
        case .frame(let frame):
            guard let reply = NetReply(frame), let request = open.removeValue(forKey: reply.number) else { return [] }
            return [Answered(request: request, result: reply.result)]
        case .end:
            isOpen = false
            let requests = open.values
            open = [:]
            return requests.map { Answered(request: $0, result: .refused("countersign-net ended")) }
        }
    }
}

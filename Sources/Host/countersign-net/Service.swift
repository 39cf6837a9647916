internal import AuthyAPI
internal import CSyscalls
internal import Frames
internal import NetProtocol

/// Performs requests and sends their results until end of file on the socket to countersign-login.
struct Service {
    private let login: Channel
    private let client: Client
    /// When the login ends: a time of `system_now`, in milliseconds.
    private let deadline: Int64

    init(login: Channel, server: NetServer) {
        self.login = login
        deadline = system_now() + server.milliseconds
        client = Client(server: ServerAddress(server), deadline: deadline, now: { system_now() })
    }

    func run() {
        // Ten minutes longer than the login: a late answer at an open prompt may still end it.
        while system_now() < deadline + 600_000 {
            guard receiveRequests() else { break }
            let (answer, _) = client.work(watching: login.descriptor, milliseconds: 60_000)
            if let answer {
                var reply = NetReply(number: answer.number, result: NetResult(answer.result))
                reply.serverTime = answer.facts?.time
                reply.certificatesEnd = answer.facts?.certificatesEnd
                _ = login.send(reply.frame)
            }
        }
        client.cancel(milliseconds: 800)
    }

    /// Receives all waiting requests; returns false at end of file and at an unexpected frame.
    private func receiveRequests() -> Bool {
        while true {
            switch login.receive() {
            case .nothing: return true
            case .end: return false
            case .frame(let frame):
                switch NetMessage(frame) {
                case .stopPolling: client.stopLooking()
                case .request(let request, let number):
                    guard let request = Client.Request(request) else { return false }
                    client.ask(number, request)
                case nil: return false
                }
            }
        }
    }
}

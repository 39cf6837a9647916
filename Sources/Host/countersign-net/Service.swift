internal import AuthyAPI
internal import AuthyWire
internal import CFrames
internal import CSyscalls
internal import Frames
internal import Identifiers
internal import LoginPolicy

/// Performs requests and sends their results until end of file on the socket to countersign-login.
struct Service {
    private let login: Channel
    private let client: Client
    private let deadline: Int64

    init(login: Channel, server: ServerFrame) {
        self.login = login
        deadline = server.deadline
        client = Client(server: server.address, deadline: deadline, now: { system_now() })
    }

    func run() {
        // Ten minutes longer than the login: a late answer at an open prompt may still end it.
        while system_now() < deadline + 600_000 {
            guard takeRequests() else { break }
            let (answer, _) = client.work(watching: login.descriptor, milliseconds: 60_000)
            if let answer { send(answer) }
        }
        client.cancel(milliseconds: 800)
    }

    /// Takes all waiting requests; returns false at end of file and at an unexpected frame.
    private func takeRequests() -> Bool {
        while true {
            switch login.receive() {
            case .nothing: return true
            case .end: return false
            case .frame(let frame) where frame.kind == KIND_STOP: client.stopLooking()
            case .frame(let frame):
                guard let number = frame.number(FIELD_NUMBER), let request = Client.Request(frame) else { return false }
                client.ask(number, request)
            }
        }
    }

    private func send(_ answer: Client.Answer) {
        var frame = Frame(KIND_RESULT)
        frame.add(FIELD_NUMBER, number: answer.number)
        frame.add(FIELD_RESULT, number: Int64(answer.result.word))
        if let reason = answer.result.reason { frame.add(FIELD_REASON, text: reason, limit: 200) }
        switch answer.result {
        case .created(let id): frame.add(FIELD_REQUEST, text: id.description)
        case .registered(let id): frame.add(FIELD_AUTHY_ID, number: id.value)
        case .limited(let seconds?): frame.add(FIELD_RETRY_AFTER, number: Int64(seconds))
        case .user(let user):
            if let phone = user.phone { frame.add(FIELD_PHONE, text: phone, limit: 40) }
            if let hasApp = user.hasApp { frame.add(FIELD_HAS_APP, number: hasApp ? 1 : 0) }
        default: break
        }
        _ = login.send(frame)
    }
}

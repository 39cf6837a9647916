import Delivery
import ServerSettings
import Testing

struct TheCourier {
    static let message = OneCodeMessage(
        kind: .sms, to: "+15551234567", code: "012345", subject: "", text: "012345 is your code.",
        application: "Example")

    /// Gateways that answer from a script, and a clock that only pauses advance.
    private func failover(_ scripts: [(name: String, retries: Int, results: [GatewayResult])], _ log: Log)
        -> GatewayFailover
    {
        let carriers = scripts.map { script in
            let left = Script(script.results)
            return GatewayClient(
                name: script.name, kinds: [.sms], rule: .init(timeout: 10_000, retries: script.retries)
            ) {
                job in
                await log.add(job.id)
                return await left.next() ?? .permanentFailure("the script is used up")
            }
        }
        return GatewayFailover(carriers: carriers, clock: .init(now: { 0 }, pause: { _ in }))
    }

    @Test func `the first gateway that takes a message is the last one asked`() async {
        let log = Log()
        let attempts = await failover([("a", 1, [.accepted("HTTP 201")]), ("b", 1, [])], log).deliver(Self.message)
        #expect(attempts.map(\.gateway) == ["a"])
        #expect(attempts.map(\.succeeded) == [true])
        #expect(attempts.map(\.detail) == ["HTTP 201"])
    }

    @Test func `what may pass is tried again, then the next gateway, under the same name`() async {
        let log = Log()
        let passing = GatewayResult.temporaryFailure("HTTP 503", after: nil)
        let attempts = await failover([("a", 1, [passing, passing]), ("b", 0, [.accepted("exit status 0")])], log)
            .deliver(
                Self.message)
        #expect(attempts.map(\.gateway) == ["a", "a", "b"])
        #expect(attempts.map(\.succeeded) == [false, false, true])
        #expect(await Set(log.lines).count == 1)
    }

    @Test func `a refusal is not tried again`() async {
        let attempts = await failover([("a", 5, [.permanentFailure("HTTP 400")])], Log()).deliver(Self.message)
        #expect(attempts.map(\.detail) == ["HTTP 400"])
    }

    @Test func `a kind that no gateway carries has no attempts`() async {
        let failover = failover([("a", 0, [])], Log())
        var message = Self.message
        message.kind = .call
        #expect(!failover.canSend(.call))
        #expect(failover.canSend(.sms))
        #expect(await failover.deliver(message) == [])
    }

    @Test func `an address that is none reaches no gateway`() async {
        let log = Log()
        var message = Self.message
        message.to = "-rf"
        let attempts = await failover([("a", 0, [.accepted("")])], log).deliver(message)
        #expect(attempts.map(\.succeeded) == [false])
        #expect(await log.lines.isEmpty)
    }

    @Test func `a gateway of the settings that is named wrong is refused by name`() throws {
        let outgoing = try OutgoingClient()
        defer { outgoing.shutDown() }
        let wrong: [Gateway] = [
            Gateway(name: "w", kinds: [.sms], type: .webhook(url: "https://example.org/", secretFile: "relative")),
            Gateway(
                name: "w", kinds: [.email],
                type: .twilio(account: "AC1", tokenFile: "/nowhere", from: "+1", url: "https://a.example")),
            Gateway(
                name: "w", kinds: [.sms],
                type: .smtp(
                    url: "smtp://localhost", from: "a@b.example", user: nil, passwordFile: nil, smsDomain: nil)),
            Gateway(name: "w", kinds: [.sms], type: .command(["send"])),
        ]
        for gateway in wrong {
            let error = #expect(throws: DeliveryError.self) {
                try GatewayFailover(gateways: [gateway], outgoing: outgoing, log: { _ in })
            }
            #expect(error?.description.hasPrefix("gateway w: ") == true)
        }
    }

    @Test func `the log gateway hands the message to the log`() async throws {
        let outgoing = try OutgoingClient()
        defer { outgoing.shutDown() }
        let (stream, continuation) = AsyncStream<OneCodeMessage>.makeStream()
        let gateway = Gateway(name: "log", kinds: [.sms], type: .log)
        let failover = try GatewayFailover(gateways: [gateway], outgoing: outgoing, log: { continuation.yield($0) })
        #expect(await failover.deliver(Self.message).map(\.succeeded) == [true])
        continuation.finish()
        #expect(await stream.reduce(into: []) { $0.append($1) } == [Self.message])
    }
}

struct ACommand {
    @Test(arguments: [
        ("/bin/true", true, "exit status 0"), ("/bin/false", false, "exit status 1"),
        ("/nowhere/send", false, "cannot be started: No such file or directory"),
    ]) func `says by its exit status whether it took the message`(path: String, succeeded: Bool, detail: String)
        async throws
    {
        let outgoing = try OutgoingClient()
        defer { outgoing.shutDown() }
        let gateway = Gateway(name: "c", kinds: [.sms], type: .command([path]))
        let attempts = try await GatewayFailover(gateways: [gateway], outgoing: outgoing, log: { _ in }).deliver(
            TheCourier.message)
        #expect(attempts.map(\.succeeded) == [succeeded])
        #expect(attempts.map(\.detail) == [detail])
    }
}

struct AfterShutDown {
    @Test func `every request is answered`() async throws {
        let outgoing = try OutgoingClient()
        outgoing.shutDown()
        let request = OutgoingRequest(url: "https://localhost:1/", timeout: 10_000)
        #expect(await outgoing.send(request) == .refused(.shutDown))
        let gateway = Gateway(name: "c", kinds: [.sms], type: .command(["/bin/true"]))
        let failover = try GatewayFailover(gateways: [gateway], outgoing: outgoing, log: { _ in })
        #expect(await failover.deliver(TheCourier.message).map(\.detail) == ["shutting down"])
    }
}

struct Tried {
    @Test func `all of it takes 45 seconds at the most`() {
        var tries = RetryPolicy([.init(timeout: 30_000, retries: 5)], at: 1_000)
        #expect(tries.next(at: 1_000) == .attempt(gateway: 0, milliseconds: 30_000))
        tries.record(.temporaryFailure("", after: nil))
        #expect(tries.next(at: 31_000) == .pause(milliseconds: 250))
        #expect(tries.next(at: 31_250) == .attempt(gateway: 0, milliseconds: 14_750))
        tries.record(.temporaryFailure("", after: nil))
        #expect(tries.next(at: 46_000) == .end)
    }

    @Test func `a short Retry-After is kept, a long one goes to the next gateway`() {
        let rule = RetryPolicy.Rule(timeout: 1_000, retries: 3)
        var tries = RetryPolicy([rule, rule], at: 0)
        tries.record(.temporaryFailure("HTTP 429", after: 3))
        #expect(tries.next(at: 0) == .pause(milliseconds: 3_000))
        tries.record(.temporaryFailure("HTTP 429", after: 3_600))
        #expect(tries.next(at: 0) == .attempt(gateway: 1, milliseconds: 1_000))
    }
}

struct AGatewayResult {
    @Test(arguments: [200, 201, 204]) func `any 2xx is a yes`(status: Int) {
        #expect(GatewayResult.http(.response(.init(status: status))) == .accepted("HTTP \(status)"))
    }

    @Test func `429, 5xx and no connection may pass; redirects, other 4xx and silence do not`() {
        #expect(
            GatewayResult.http(.response(.init(status: 429, retryAfter: 2))) == .temporaryFailure("HTTP 429", after: 2))
        #expect(GatewayResult.http(.response(.init(status: 503))) == .temporaryFailure("HTTP 503", after: nil))
        #expect(GatewayResult.http(.unreached("Couldn't connect")) == .temporaryFailure("Couldn't connect", after: nil))
        for status in [301, 302, 400, 401, 404] {
            #expect(GatewayResult.http(.response(.init(status: status))) == .permanentFailure("HTTP \(status)"))
        }
        #expect(GatewayResult.http(.failed("Timeout was reached")) == .permanentFailure("Timeout was reached"))
    }

    @Test func `a mail server's 4xx may pass, its 5xx does not`() {
        #expect(GatewayResult.mail(.response(.init(status: 250))) == .accepted("SMTP 250"))
        #expect(GatewayResult.mail(.response(.init(status: 451))) == .temporaryFailure("SMTP 451", after: nil))
        #expect(GatewayResult.mail(.response(.init(status: 550))) == .permanentFailure("SMTP 550"))
    }
}

actor Log {
    var lines: [String] = []
    func add(_ line: String) { lines.append(line) }
}

actor Script {
    private var results: [GatewayResult]
    init(_ results: [GatewayResult]) { self.results = results }
    func next() -> GatewayResult? { results.isEmpty ? nil : results.removeFirst() }
}

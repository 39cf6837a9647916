import HTTPTransport
import Testing

struct TransferTests {
    /// A socket that nobody has.
    private func target() -> TransferTarget {
        var target = TransferTarget(.text("http://localhost/"))
        target.socket = "/nonexistent/countersign.sock"
        return target
    }

    private let limits = TransferLimits(milliseconds: 5_000)

    private func failure(_ result: TransferResult?) -> TransferFailure? {
        guard case .failed(let failure)? = result else { return nil }
        return failure
    }

    @Test("Where nobody listens, nothing was sent, and the cause is the other side")
    func nobody() throws {
        let transfer = try #require(Transfer(TransferRequest(method: "GET"), to: target(), limits: limits))
        let ended = try #require(failure(transfer.perform()))
        #expect(ended.cause == .unconnected(isTheirs: true) && ended.isUnsent && !ended.hasAnswer)
    }

    @Test("A loop gives each transfer its result, once")
    func loop() throws {
        let loop = try #require(TransferLoop(idleConnections: 1))
        let request = TransferRequest(method: "POST", body: Array("{}".utf8), isSentOnce: true)
        let transfers = try (0..<3).map { _ in try #require(Transfer(request, to: target(), limits: limits)) }
        for transfer in transfers { #expect(loop.add(transfer)) }
        var ended: [Transfer] = []
        for _ in 0..<100 where ended.count < transfers.count {
            for (transfer, result) in try #require(loop.perform()) {
                #expect(failure(result)?.cause == .unconnected(isTheirs: true))
                ended.append(transfer)
            }
            loop.wait(milliseconds: 50)
        }
        #expect(Set(ended.map { ObjectIdentifier($0) }) == Set(transfers.map { ObjectIdentifier($0) }))
        #expect(ended.count == transfers.count)
    }

    @Test("A transfer that is removed has no result, and the loop can be woken")
    func removed() throws {
        let loop = try #require(TransferLoop(idleConnections: 1))
        let transfer = try #require(Transfer(TransferRequest(method: "GET"), to: target(), limits: limits))
        #expect(loop.add(transfer))
        loop.remove(transfer)
        loop.wake()
        #expect(loop.wait(milliseconds: 10_000, watching: -1) == false)
        #expect(try #require(loop.perform()).isEmpty)
    }

    @Test(
        "No scheme but http and https is called",
        arguments: ["file:///etc/passwd", "ftp://localhost/", "smtp://localhost/"])
    func schemes(url: String) throws {
        let target = TransferTarget(.text(url))
        let transfer = try #require(Transfer(TransferRequest(method: "GET"), to: target, limits: limits))
        #expect(failure(transfer.perform())?.cause == .other)
    }
}

internal import AuthyService
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// What HTTP/1 (RFC 9112) asks of a server and Hummingbird leaves out: no body in the answer to HEAD, `100 Continue`, the end of the connection
/// after HTTP/1.0 and `Connection: close` however that is written, and an answer to what is no request.
///
/// It stands between the decoder and the conversion to Hummingbird's types, where the version of a request is still known. Answers come in the
/// order of the requests.
final class HTTPProtocolHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client may go on sending after the last answer. Until then what it sends is read and dropped: a connection that is closed
    /// with something unread takes back the answer that is under way (RFC 9112, section 9.6).
    private static let farewell = TimeAmount.seconds(2)

    /// A request that is not answered.
    private struct Pending {
        let isHead: Bool
        /// Whether the client waits for `100 Continue`, and nobody has said it.
        var waitsForContinue: Bool
        /// Whether the connection ends after its answer.
        var isLast: Bool
    }

    private let line: RequestLineHandler
    private var pending = CircularBuffer<Pending>(initialCapacity: 2)
    private var isInRequest = false
    /// Whether a request has come after which there is no other.
    private var hasLast = false
    /// What is said of something that was no request, once all before it is answered.
    private var refusal: Refusal?
    /// Whether the last answer is written.
    private var isEnding = false
    private var context: ChannelHandlerContext?

    init(_ line: RequestLineHandler) { self.line = line }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Whatever comes after the last request is none.
        guard refusal == nil, !isEnding, !hasLast || isInRequest else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body: context.fireChannelRead(data)
        case .end:
            isInRequest = false
            line.begin()
            // The body is there: nobody waits any more.
            if !pending.isEmpty { pending[pending.index(before: pending.endIndex)].waitsForContinue = false }
            context.fireChannelRead(data)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.headers["host"].count <= 1 else { return refuse(.malformed, context) }
        var head = head
        let isOld = head.version.major == 1 && head.version.minor == 0
        // The decoder reads nothing after a request that asks for another protocol; this server has none to go on with.
        let upgrades = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        let isLast =
            isOld || !head.isKeepAlive || head.method == .CONNECT || upgrades && head.headers.contains(name: "upgrade")
        let waits = !isOld && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        // Hummingbird looks for this very word.
        if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        pending.append(Pending(isHead: head.method == .HEAD, waitsForContinue: waits, isLast: isLast))
        isInRequest = true
        hasLast = isLast
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // Said already.
        case is ByteToMessageDecoderError: break
        case is HTTPParserError where isInRequest:
            // A body that is cut or malformed: its reader says so.
            hasLast = true
            isInRequest = false
            context.fireErrorCaught(error)
            if pending.isEmpty { return end(context) }
            pending[pending.index(before: pending.endIndex)].isLast = true
        case let error as HTTPParserError: refuse(Self.refusal(of: error, isInLine: line.isInLine), context)
        default: context.fireErrorCaught(error)
        }
    }

    private static func refusal(of error: HTTPParserError, isInLine: Bool) -> Refusal {
        switch error {
        case .headerOverflow: isInLine ? .lineTooLong : .headersTooLong
        case .invalidVersion: .version
        default: .malformed
        }
    }

    /// - Parameter refusal: of what came last, which nobody above sees.
    private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        guard self.refusal == nil, !isEnding, !hasLast else { return }
        self.refusal = refusal
        if pending.isEmpty { sayRefusal(context) }
    }

    private func sayRefusal(_ context: ChannelHandlerContext) {
        guard let answer = refusal?.answer else { return }
        let body = ByteBuffer(string: answer.body)
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: answer.status),
            headers: [
                "Content-Type": "application/json; charset=utf-8", "Content-Length": String(body.readableBytes),
                "Cache-Control": "no-store",
                "Connection": "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(context)
    }

    // Answers

    /// On the event loop, in the turn of the oldest request that is not answered.
    func sendContinue() {
        guard let context, !isEnding, pending.first?.waitsForContinue == true else { return }
        pending[pending.startIndex].waitsForContinue = false
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isEnding, let first = pending.first else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // A client that was not told to send its body may send it or not: what comes next cannot be read.
            let isLast = first.isLast || first.waitsForContinue
            if first.waitsForContinue { hasLast = true }
            pending[pending.startIndex].isLast = isLast
            if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body where first.isHead: promise?.succeed(())
        case .body: context.write(data, promise: promise)
        case .end:
            pending.removeFirst()
            guard first.isLast || pending.isEmpty && refusal != nil else {
                return context.write(data, promise: promise)
            }
            context.writeAndFlush(data, promise: promise)
            if first.isLast { end(context) } else { sayRefusal(context) }
        }
    }

    // The end of the connection

    /// Nothing more is written; what the client still sends is read, so that it gets to the answer.
    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if isEnding { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if isEnding, let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
    }
}

/// Whether the decoder is still in the first line of a request: it says only that something was too long.
final class RequestLineHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private(set) var isInLine = true

    /// Another request comes.
    func begin() { isInLine = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isInLine, unwrapInboundIn(data).readableBytesView.contains(0x0A) { isInLine = false }
        context.fireChannelRead(data)
    }
}

/// HTTP/1.1 with the manners above.
struct HTTPChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value
    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let line = RequestLineHandler()
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(line, position: .before(decoder))
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(HTTPProtocolHandler(line), position: .before(codec))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

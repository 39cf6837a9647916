internal import AuthyService
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// The parts of HTTP/1 (RFC 9112) that Hummingbird leaves out.
///
/// They are: no body in the response to HEAD, `100 Continue`, closing after HTTP/1.0 and after `Connection: close` in
/// any spelling, and a response to malformed requests.
///
/// The handler stands between the decoder and the conversion to Hummingbird's types, where a request's version is still
/// known. Responses are in the order of the requests.
final class HTTPProtocolHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client may continue to send after the last response.
    ///
    /// Until then its data is read and dropped: closing a connection with unread data may destroy the response on its
    /// way (RFC 9112, section 9.6).
    private static let lingerTime = TimeAmount.seconds(2)

    /// A request without a response.
    private struct Pending {
        let isHead: Bool
        /// Whether the client waits for `100 Continue`, which is not sent yet.
        var waitsForContinue: Bool
        /// Whether the connection is closed after the response.
        var isLast: Bool
    }

    private let line: RequestLineHandler
    private var pending = CircularBuffer<Pending>(initialCapacity: 2)
    private var isInRequest = false
    /// Whether the last request of this connection has come.
    private var hasLast = false
    /// The response to a malformed request, sent after all earlier responses.
    private var refusal: APIError?
    /// Whether the last response is written.
    private var isEnding = false
    private var context: ChannelHandlerContext?

    init(_ line: RequestLineHandler) { self.line = line }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Anything after the last request is ignored.
        guard refusal == nil, !isEnding, !hasLast || isInRequest else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, in: context)
        case .body: context.fireChannelRead(data)
        case .end:
            isInRequest = false
            line.begin()
            // The body is complete: the client no longer waits for 100 Continue.
            if !pending.isEmpty { pending[pending.index(before: pending.endIndex)].waitsForContinue = false }
            context.fireChannelRead(data)
        }
    }

    private func begin(_ head: HTTPRequestHead, in context: ChannelHandlerContext) {
        var head = head
        let isOld = head.version.major == 1 && head.version.minor == 0
        // RFC 9112, section 3.2.
        let hosts = head.headers["host"].count
        guard hosts == 1 || isOld && hosts == 0 else { return refuse(.malformed, in: context) }
        // The decoder stops after a request that asks for an upgrade, and this server supports none.
        let upgrades = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        let isLast =
            isOld || !head.isKeepAlive || head.method == .CONNECT || upgrades && head.headers.contains(name: "upgrade")
        let waits = !isOld && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        // Hummingbird compares with this exact word.
        if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        pending.append(Pending(isHead: head.method == .HEAD, waitsForContinue: waits, isLast: isLast))
        isInRequest = true
        hasLast = isLast
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // Reported already.
        case is ByteToMessageDecoderError: break
        case is HTTPParserError where isInRequest:
            // A truncated or malformed body: its reader reports it.
            hasLast = true
            isInRequest = false
            context.fireErrorCaught(error)
            if pending.isEmpty { return end(context) }
            pending[pending.index(before: pending.endIndex)].isLast = true
        case let error as HTTPParserError: refuse(Self.refusal(of: error, isInLine: line.isInLine), in: context)
        default: context.fireErrorCaught(error)
        }
    }

    private static func refusal(of error: HTTPParserError, isInLine: Bool) -> APIError {
        switch error {
        case .headerOverflow: isInLine ? .lineTooLong : .headersTooLong
        case .invalidVersion: .version
        default: .malformed
        }
    }

    /// Schedules the response to a malformed request, which the handlers above never see.
    private func refuse(_ refusal: APIError, in context: ChannelHandlerContext) {
        guard self.refusal == nil, !isEnding, !hasLast else { return }
        self.refusal = refusal
        if pending.isEmpty { writeRefusal(context) }
    }

    private func writeRefusal(_ context: ChannelHandlerContext) {
        guard let response = refusal?.response else { return }
        let body = ByteBuffer(string: response.body)
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: response.status),
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

    /// Sends `100 Continue` if the oldest unanswered request waits for it; must be called on the event loop.
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
            // Without 100 Continue, the client may or may not send the body, so what follows cannot be parsed.
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
            if first.isLast { end(context) } else { writeRefusal(context) }
        }
    }

    // The end of the connection

    /// Stops writing, but reads and drops what the client still sends, so that it reaches the response.
    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
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

/// Tracks whether the decoder is still in the request line, since its error only says that something was too long.
final class RequestLineHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private(set) var isInLine = true

    /// Called before the next request.
    func begin() { isInLine = true }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isInLine, unwrapInboundIn(data).readableBytesView.contains(0x0A) { isInLine = false }
        context.fireChannelRead(data)
    }
}

/// HTTP/1.1 with `HTTPProtocolHandler`.
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

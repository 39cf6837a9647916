internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// Guards one connection: detects that the client has gone, times it out, and limits pipelining.
///
/// A client is disconnected if it sends no whole request within `timeout` of connecting or of the last response, or
/// reads nothing of a response for that long. This ends slow headers, slow bodies, slow readers and idle connections.
final class ConnectionGuardHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// The maximum number of pipelined requests, each of which takes some kilobytes, however short it is.
    private static let mostAhead = 16
    /// The maximum number of request parts from one read, for the same reason.
    private static let mostParts = 1_024

    private let timeout: TimeAmount
    private let limiter: ConnectionLimiter
    private let listener: (number: Int, most: Int)
    private var entry: ConnectionLimiter.Entry?
    private var deadline = NIODeadline.now()
    /// Whole requests without a response; negative if a response came before the end of its request.
    private var due = 0
    /// Requests that have begun and have no response.
    private var unanswered = 0
    private var parts = 0
    private var isClosed = false
    /// Since when the client does not read; nil if it does.
    private var stuck: NIODeadline?
    private var timer: Scheduled<Void>?
    private var onGone: (@Sendable () -> Void)?
    private var isGone = false

    /// Creates a guard for one connection.
    ///
    /// - Parameters:
    ///   - timeout: the timeout.
    ///   - limiter: the limits on connections.
    ///   - listener: the listener's number and its limit.
    init(timeout: TimeAmount, limiter: ConnectionLimiter, listener: (number: Int, most: Int)) {
        self.timeout = timeout
        self.limiter = limiter
        self.listener = listener
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        entry = limiter.admit(channel.remoteAddress?.ipAddress, at: listener.number, most: listener.most) {
            channel.eventLoop.execute { channel.close(promise: nil) }
        }
        expect(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        if let entry { limiter.remove(entry) }
        entry = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        parts += 1
        switch unwrapInboundIn(data) {
        case .head: unanswered += 1
        case .body: break
        case .end: due += 1
        }
        guard unanswered <= Self.mostAhead, parts <= Self.mostParts else { return close(context) }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        parts = 0
        context.fireChannelReadComplete()
    }

    private func close(_ context: ChannelHandlerContext) {
        isClosed = true
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stuck = if context.channel.isWritable { nil } else { .now() }
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            onGone = nil
            due -= 1
            unanswered -= 1
            expect(context)
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { gone() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        gone()
        context.fireChannelInactive()
    }

    /// Counts the connection for an authenticated client; must be called on the event loop.
    func authenticated(as client: ConnectionLimiter.Client) {
        if let known = entry { entry = limiter.authenticate(known, as: client) }
    }

    /// Calls `body` when the client disconnects before the response is written, at once if it has; must be called on
    /// the event loop.
    func whenGone(_ body: @escaping @Sendable () -> Void) {
        if isGone { body() } else { onGone = body }
    }

    private func gone() {
        isGone = true
        onGone?()
        onGone = nil
    }

    /// Moves the deadline; the connection's one timer is set again when it finds that the deadline has moved.
    private func expect(_ context: ChannelHandlerContext) {
        deadline = .now() + timeout
        guard timer == nil else { return }
        schedule(
            NIOLoopBound(context, eventLoop: context.eventLoop), for: NIOLoopBound(self, eventLoop: context.eventLoop))
    }

    private func schedule(
        _ context: NIOLoopBound<ChannelHandlerContext>, for this: NIOLoopBound<ConnectionGuardHandler>
    ) {
        timer = context.value.eventLoop.scheduleTask(deadline: deadline) {
            let handler = this.value
            handler.timer = nil
            guard !handler.isGone else { return }
            let isStuck = handler.stuck.map { $0 + handler.timeout <= .now() } ?? false
            if isStuck || handler.due <= 0 && handler.deadline <= .now() {
                handler.close(context.value)
            } else {
                if handler.deadline <= .now() { handler.deadline = .now() + handler.timeout }
                handler.schedule(context, for: this)
            }
        }
    }
}

/// The context of a call, with its connection.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Counts the connection for an authenticated client.
    func authenticated(as client: ConnectionLimiter.Client) {
        let channel = channel
        channel.eventLoop.execute {
            try? channel.pipeline.syncOperations.handler(type: ConnectionGuardHandler.self).authenticated(as: client)
        }
    }

    /// Sends `100 Continue` if the client waits for it.
    func sendContinue() {
        let channel = channel
        channel.eventLoop.execute {
            try? channel.pipeline.syncOperations.handler(type: HTTPProtocolHandler.self).sendContinue()
        }
    }

    /// Calls `body` when the client disconnects before it has the response.
    func whenGone(_ body: @escaping @Sendable () -> Void) async {
        let channel = channel
        channel.eventLoop.execute {
            guard let handler = try? channel.pipeline.syncOperations.handler(type: ConnectionGuardHandler.self) else {
                return body()
            }
            handler.whenGone(body)
        }
    }
}

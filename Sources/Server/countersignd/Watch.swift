internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// What one connection knows of its client: whether it went away while it was to be answered, whether it sends its requests and takes its
/// answers in time, and how much it sends ahead.
///
/// A client that has sent no whole request within `patience` of connecting, or of the last answer, is disconnected, as is one that takes
/// nothing of an answer for so long: slow headers, slow bodies, slow readers and idle connections end here.
final class Watch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Requests that may stand behind the one that is being answered. Each is worth some kilobytes, however few bytes it came in.
    private static let mostAhead = 16
    /// Parts of requests that may come out of what was read at once, for the same reason.
    private static let mostParts = 1_024

    private let patience: TimeAmount
    private let doors: Doors
    private let listener: (number: Int, most: Int)
    private var entry: Doors.Entry?
    private var deadline = NIODeadline.now()
    /// Whole requests that are not answered; below zero where the answer came before the end of the request.
    private var due = 0
    /// Requests that have begun and are not answered.
    private var unanswered = 0
    private var parts = 0
    private var isClosed = false
    /// Since when the client takes nothing of what is written.
    private var stuck: NIODeadline?
    private var timer: Scheduled<Void>?
    private var onGone: (@Sendable () -> Void)?
    private var isGone = false

    /// - Parameter listener: its number, and how many connections it takes.
    init(patience: TimeAmount, doors: Doors, listener: (number: Int, most: Int)) {
        self.patience = patience
        self.doors = doors
        self.listener = listener
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        entry = doors.come(channel.remoteAddress?.ipAddress, at: listener.number, most: listener.most) {
            channel.eventLoop.execute { channel.close(promise: nil) }
        }
        expect(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        if let entry { doors.leave(entry) }
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
        stuck = context.channel.isWritable ? nil : .now()
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

    /// The client has shown an API key, or the key of a confirmed phone. On the event loop.
    func isKnown(as client: Doors.Client) {
        if let known = entry { entry = doors.move(known, to: client) }
    }

    /// Calls `body` as soon as the client goes, or at once if it has gone; not after the answer was written. On the event loop.
    func whenGone(_ body: @escaping @Sendable () -> Void) {
        if isGone { body() } else { onGone = body }
    }

    private func gone() {
        isGone = true
        onGone?()
        onGone = nil
    }

    /// One timer for a connection, set again when it finds that the deadline has moved.
    private func expect(_ context: ChannelHandlerContext) {
        deadline = .now() + patience
        guard timer == nil else { return }
        schedule(NIOLoopBound(context, eventLoop: context.eventLoop), NIOLoopBound(self, eventLoop: context.eventLoop))
    }

    private func schedule(_ context: NIOLoopBound<ChannelHandlerContext>, _ this: NIOLoopBound<Watch>) {
        timer = context.value.eventLoop.scheduleTask(deadline: deadline) {
            let watch = this.value
            watch.timer = nil
            guard !watch.isGone else { return }
            let isStuck = watch.stuck.map { $0 + watch.patience <= .now() } ?? false
            if isStuck || watch.due <= 0 && watch.deadline <= .now() {
                watch.close(context.value)
            } else {
                if watch.deadline <= .now() { watch.deadline = .now() + watch.patience }
                watch.schedule(context, this)
            }
        }
    }
}

/// What a call knows of where it came from.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Says that the client has shown a key that is good: its connection is none of the strangers' any more.
    func isKnown(as client: Doors.Client) {
        let channel = channel
        channel.eventLoop.execute { try? channel.pipeline.syncOperations.handler(type: Watch.self).isKnown(as: client) }
    }

    /// Says that the body of the request may come now, where the client waits for that.
    func sendContinue() {
        let channel = channel
        channel.eventLoop.execute {
            try? channel.pipeline.syncOperations.handler(type: HTTPProtocolHandler.self).sendContinue()
        }
    }

    /// Sees to it that `body` is called when the client goes before it is answered.
    func whenGone(_ body: @escaping @Sendable () -> Void) async {
        let channel = channel
        channel.eventLoop.execute {
            guard let watch = try? channel.pipeline.syncOperations.handler(type: Watch.self) else { return body() }
            watch.whenGone(body)
        }
    }
}

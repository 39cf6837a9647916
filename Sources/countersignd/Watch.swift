internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// What one connection knows of its client: whether it went away while it was to be answered, and whether it sends its requests in time.
///
/// A client that has sent no whole request within `patience` of connecting, or of the last answer, is disconnected: slow headers, slow
/// bodies and idle connections end here.
final class Watch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    private var deadline = NIODeadline.now()
    private var isIdle = true
    private var timer: Scheduled<Void>?
    private var onGone: (@Sendable () -> Void)?
    private var isGone = false

    init(patience: TimeAmount) { self.patience = patience }

    func handlerAdded(context: ChannelHandlerContext) { expect(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) { isIdle = false }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            onGone = nil
            isIdle = true
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
            if watch.isIdle && watch.deadline <= .now() {
                context.value.close(promise: nil)
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

    /// Sees to it that `body` is called when the client goes before it is answered.
    func whenGone(_ body: @escaping @Sendable () -> Void) async {
        let channel = channel
        channel.eventLoop.execute {
            guard let watch = try? channel.pipeline.syncOperations.handler(type: Watch.self) else { return body() }
            watch.whenGone(body)
        }
    }
}

internal import AuthyService
internal import AuthyWire
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Records

/// Authy's parameters, not those of Hummingbird's router.
typealias Parameters = AuthyWire.Parameters

/// The root responder: routes each call, and turns each error into a response.
struct RootResponder: HTTPResponder {
    static let longestBody = 65_536
    /// The maximum body size for phones, and for callers without a key in a header or the query.
    static let longestStrangersBody = 8_192

    let service: APIService
    let readiness: Readiness
    let pages: Pages
    let proxies: Proxies

    func respond(to request: Request, context: Context) async -> Response {
        let begun = ContinuousClock.now
        let (part, answer) = await route(request, in: context)
        var response = answer
        response.headers[.cacheControl] = response.headers[.cacheControl] ?? "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        service.metrics.countRequest(
            to: request.secondsToWait > 0 ? .waiting : part, status: response.status.code,
            seconds: (ContinuousClock.now - begun) / .seconds(1))
        return response
    }

    private func route(_ request: Request, in context: Context) async -> (Metrics.Part, Response) {
        let path = request.head.path.map { $0.prefix { $0 != "?" } } ?? ""
        // An old client begins its paths with two slashes.
        let steps = path.split(separator: "/", omittingEmptySubsequences: false).drop { $0.isEmpty }
        guard case .found(let part, let values) = ServerPart.routes.match(request.method, path: steps) else {
            return (.other, .json(APIError.path.response))
        }
        switch part {
        case .api: return (.api, await api(request, path: steps, in: context))
        case .phoneAPI: return (.phone, await phone(request, path: steps, in: context))
        case .phonePage: return (.page, pages.response(for: steps.dropFirst().joined(separator: "/"), request))
        case .health: return (.health, .text("ok\n"))
        case .readiness: return (.health, await ready())
        case .join: return (.other, await join(request, in: context))
        case .instance:
            return (.other, instance(request, nonce: values[0], proof: values[1], in: context))
        }
    }

    private func ready() async -> Response {
        guard let reason = await readiness.unreadyReason() else { return .text("ok\n") }
        return .text("\(reason)\n", status: .serviceUnavailable)
    }

    /// Shows countersignd doctor that this is the server of its database, and how the call arrived.
    private func instance(_ request: Request, nonce: String, proof: String, in context: Context) -> Response {
        let view = InstanceView(
            address: proxies.address(of: request, context.channel),
            peer: context.channel.remoteAddress?.ipAddress ?? "local",
            forwarded: request.headers[values: .forwardedFor].joined(separator: ","))
        return .json(service.instance(nonce, proof: proof, view: view))
    }

    /// A host fetches its API key with a code.
    private func join(_ request: Request, in context: Context) async -> Response {
        let address = proxies.address(of: request, context.channel)
        do {
            let body = try await Self.body(of: request, context, upTo: Self.longestStrangersBody)
            guard let members = JSONParameters.members(body) else { throw APIError.body }
            var parameters = Parameters()
            parameters.merge(members)
            return .json(try await service.joinHost(parameters, from: address))
        } catch let refusal as JoinRefusal {
            return .json(refusal.response)
        } catch let refusal as APIError {
            if refusal.status == 429 {
                service.rateLimitedLog.warn(
                    "too_many_requests", about: address, metadata: ["address": "\(address)", "call": "join"],
                    at: service.limitTime())
            }
            return .json(refusal.response)
        } catch {
            service.log.error("call_failed", metadata: ["reason": "\(error)"])
            return .json(APIError.broken.response)
        }
    }

    // The API

    private func api(_ request: Request, path steps: ArraySlice<Substring>, in context: Context) async -> Response {
        var application: Int64?
        do {
            let (caller, parameters) = try await authenticate(request, in: context)
            application = caller.id
            let call = APICall(
                service: service, caller: caller, parameters: parameters, wait: request.secondsToWait,
                watch: { await context.whenGone($0) })
            return .json(try await call.response(to: request.method, path: steps))
        } catch let refusal as APIError {
            logRefusal(refusal, of: application, path: steps, from: proxies.address(of: request, context.channel))
            return .json(refusal.response)
        } catch {
            service.log.error("call_failed", metadata: ["reason": "\(error)"])
            return .json(APIError.broken.response)
        }
    }

    /// Authenticates the caller and reads the parameters.
    ///
    /// Full-size bodies are read only from authenticated callers. Some clients send the key in the body, which must
    /// then be short.
    private func authenticate(_ request: Request, in context: Context) async throws -> (
        AuthenticatedApplication, Parameters
    ) {
        var parameters = Parameters()
        guard let query = FormText.members(request.query.utf8) else { throw APIError.noUTF8 }
        parameters.merge(query)
        guard let key = request.headers[.authyKey] ?? parameters.text("api_key") else {
            parameters.merge(
                try Self.members(
                    try await Self.body(of: request, context, upTo: Self.longestStrangersBody), of: request))
            let caller = try await service.caller(key: parameters.text("api_key"))
            context.authenticated(as: .application(caller.id))
            return (caller, parameters)
        }
        let caller = try await service.caller(key: key)
        context.authenticated(as: .application(caller.id))
        parameters.merge(
            try Self.members(try await Self.body(of: request, context, upTo: Self.longestBody), of: request))
        return (caller, parameters)
    }

    private static func members(_ body: [UInt8], of request: Request) throws -> [Parameter.Member] {
        guard !body.isEmpty else { return [] }
        let isJSON = request.headers[.contentType]?.hasPrefix("application/json") ?? false
        // authy-python sends JSON without declaring it.
        let looksLikeJSON = body.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == 0x7B
        let members = if isJSON || looksLikeJSON { JSONParameters.members(body) } else { FormText.members(body) }
        guard let members else {
            throw APIError.body
        }
        return members
    }

    /// Reads the body, after `100 Continue` if the client waits for that and the length is allowed (RFC 9110, section
    /// 10.1.1).
    private static func body(of request: Request, _ context: Context, upTo limit: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw APIError.tooLong }
        if request.headers[.expect] != nil { context.sendContinue() }
        do {
            return Array(buffer: try await request.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw APIError.tooLong
        } catch {
            // A truncated or malformed body is the client's fault, and is not logged.
            throw APIError.body
        }
    }

    // The phone's page

    private func phone(_ request: Request, path steps: ArraySlice<Substring>, in context: Context) async -> Response {
        do {
            let body = try await Self.body(of: request, context, upTo: Self.longestStrangersBody)
            guard body.isEmpty || JSONParameters.members(body) != nil else { throw APIError.body }
            var parameters = Parameters()
            parameters.merge(JSONParameters.members(body) ?? [])
            if case .found(let handler, _) = EnrolmentCall.routes.match(request.method, path: steps) {
                let address = proxies.address(of: request, context.channel)
                return .json(
                    try await handler(EnrolmentCall(service: service, parameters: parameters, address: address)))
            }
            let phone = try await service.phone(
                authorization: request.headers[.authorization], method: request.method.rawValue,
                path: request.head.path ?? "", body: body)
            // An unconfirmed phone may do nothing, and counts as unauthenticated.
            if phone.isConfirmed { context.authenticated(as: .phone(phone.id)) }
            let call = PhoneCall(
                service: service, phone: phone, parameters: parameters,
                query: FormText.members(request.query.utf8) ?? [], wait: request.secondsToWait,
                watch: { await context.whenGone($0) })
            return .json(try await call.response(to: request.method, path: steps))
        } catch let refusal as PhoneAPIError {
            if refusal.status == 429 {
                let address = proxies.address(of: request, context.channel)
                service.rateLimitedLog.warn(
                    "too_many_requests", about: address, metadata: ["address": "\(address)", "call": "phone"],
                    at: service.limitTime())
            }
            var response = ServiceResponse(status: refusal.status, body: refusal.body)
            response.retryAfter = refusal.retryAfter
            return .json(response)
        } catch let refusal as APIError {
            return .json(refusal.response)
        } catch {
            service.log.error("call_failed", metadata: ["reason": "\(error)"])
            return .json(ServiceResponse(status: PhoneAPIError.broken.status, body: PhoneAPIError.broken.body))
        }
    }
}

// Each literal is a valid field name.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    static let authyKey = Self("X-Authy-API-Key")!
    static let prefer = Self("Prefer")!
    static let retryAfter = Self("Retry-After")!
}

extension Request {
    /// The raw query without the question mark; empty if there is none.
    var query: Substring {
        guard let path = head.path, let mark = path.firstIndex(of: "?") else { return "" }
        return path[path.index(after: mark)...]
    }

    /// The seconds of `Prefer: wait=N` (RFC 7240, section 4.3); 0 for none.
    var secondsToWait: Int64 {
        let wishes = headers[values: .prefer].flatMap { $0.split(separator: ",") }
        let wait = wishes.lazy.map { $0.filter { $0 != " " } }.first { $0.hasPrefix("wait=") }
        return wait.flatMap { Int64($0.dropFirst(5)) }.map { max(0, $0) } ?? 0
    }
}

extension Response {
    static func json(_ result: ServiceResponse) -> Response {
        var response = Response(
            status: .init(code: result.status), headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: result.body)))
        if let methods = result.allow { response.headers[.allow] = methods }
        if let seconds = result.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

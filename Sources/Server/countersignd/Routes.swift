internal import AuthyService
internal import AuthyWire
internal import HTTPTypes

// All paths of the server.

/// The parts of the server, each with its own way to authenticate callers.
enum ServerPart: Sendable {
    case api, phoneAPI, phonePage, health, readiness, join, instance

    static let routes = RouteTable<ServerPart>([
        .init(path: "protected/**", handler: .api),
        .init(path: "onetouch/**", handler: .api),
        .init(path: "phone/api/**", handler: .phoneAPI),
        .init(path: "phone/**", handler: .phonePage),
        .init(path: "healthz/**", handler: .health),
        .init(path: "readyz/**", handler: .readiness),
        .init(.post, path: "join", handler: .join),
        .init(.get, path: "instance/:nonce/:proof", handler: .instance),
    ])
}

/// Calls the function when the client disconnects before it has the response.
typealias ClientWatch = @Sendable (@escaping @Sendable () -> Void) async -> Void

/// A call of the Authy API: docs/reference/api.md.
struct APICall: Sendable {
    /// Answers the call.
    typealias Handler = @Sendable (APICall) async throws -> ServiceResponse

    let service: APIService
    let caller: AuthenticatedApplication
    let parameters: Parameters
    /// How long the client waits for a change, in seconds; 0 for not at all.
    let wait: Int64
    let watch: ClientWatch
    /// The texts of the path that stand for `:name` in the route, as sent.
    var values: [String] = []

    /// Answers the request with this method and path.
    ///
    /// - Throws: `APIError`, `RecordStoreError` or `VaultError`, as the service does.
    func response(to method: HTTPRequest.Method, path: ArraySlice<Substring>) async throws -> ServiceResponse {
        switch Self.routes.match(method, path: path) {
        case .found(let handler, let values):
            var call = self
            call.values = values
            return try await handler(call)
        case .otherMethods(let methods): throw APIError.method(methods.map(\.rawValue).joined(separator: ", "))
        case .unknown: throw APIError.path
        }
    }

    private static let routes = RouteTable<Handler>([
        .init(.post, path: "onetouch/json/users/:id/approval_requests") {
            try await $0.service.createApproval(for: $0.values[0], by: $0.caller, $0.parameters)
        },
        .init(.get, path: "onetouch/json/approval_requests/:uuid") {
            try await $0.service.readApproval($0.values[0], by: $0.caller, wait: $0.wait, watch: $0.watch)
        },
        .init(.delete, path: "onetouch/json/approval_requests/:uuid") {
            try await $0.service.cancelApproval($0.values[0], by: $0.caller)
        },
        // Authy's clients use both methods for the same calls.
        .protected("verify/:code/:id") {
            try await $0.service.verify(
                FormText.step($0.values[0]) ?? $0.values[0], of: $0.values[1], by: $0.caller, parameters: $0.parameters)
        },
        .protected("sms/:id") {
            try await $0.service.sendOneCode(.sms, to: $0.values[0], by: $0.caller, parameters: $0.parameters)
        },
        .protected("call/:id") {
            try await $0.service.sendOneCode(.call, to: $0.values[0], by: $0.caller, parameters: $0.parameters)
        },
        .protected("email/:id") {
            try await $0.service.sendOneCode(.email, to: $0.values[0], by: $0.caller, parameters: $0.parameters)
        },
        .protected("app/details") { $0.service.applicationDetails(of: $0.caller) },
        .protected("app/stats") { try await $0.service.statistics(of: $0.caller) },
        .protected("users/new") { try await $0.service.newUser(by: $0.caller, $0.parameters) },
        .protected("users/:id/status") { try await $0.service.status($0.values[0], by: $0.caller) },
        .protected("users/:id/delete") { try await $0.service.removeUser($0.values[0], by: $0.caller) },
        .protected("users/:id/remove") { try await $0.service.removeUser($0.values[0], by: $0.caller) },
        .protected("users/delete/:id") { try await $0.service.removeUser($0.values[0], by: $0.caller) },
        .protected("users/:id/update") {
            try await $0.service.updateUser($0.values[0], by: $0.caller, parameters: $0.parameters)
        },
        .protected("users/:id/secret") {
            try await $0.service.newSecret(of: $0.values[0], by: $0.caller, $0.parameters)
        },
        .protected("users/:id/register_activity") {
            try await $0.service.registerActivity($0.values[0], by: $0.caller, parameters: $0.parameters)
        },
        .protected("phones/verification/start") {
            try await $0.service.startPhoneCheck(by: $0.caller, $0.parameters)
        },
        .protected("phones/verification/check") { try await $0.service.checkPhone(by: $0.caller, $0.parameters) },
        .protected("phones/verification/status") {
            try await $0.service.phoneCheckStatus(by: $0.caller, $0.parameters)
        },
        .protected("phones/info") { _ in throw APIService.phoneInfo },
        // The wrong method is reported even for a call that does not exist.
        .protected(":call/**") { _ in throw APIError.path },
    ])
}

extension RouteTable.Row where Handler == APICall.Handler {
    fileprivate static func protected(_ path: String, handler: @escaping APICall.Handler) -> Self {
        .init(.get, .post, path: "protected/json/" + path, handler: handler)
    }
}

/// A call of the phone's page: docs/reference/phone.md.
struct PhoneCall: Sendable {
    /// Answers the call.
    typealias Handler = @Sendable (PhoneCall) async throws -> ServiceResponse

    let service: APIService
    let phone: Phone
    let parameters: Parameters
    let query: [Parameter.Member]
    /// How long the page waits for a change, in seconds; 0 for not at all.
    let wait: Int64
    let watch: ClientWatch
    /// The texts of the path that stand for `:name` in the route, as sent.
    var values: [String] = []

    /// Answers the request with this method and path.
    ///
    /// - Throws: `PhoneAPIError`, `RecordStoreError` or `VaultError`, as the service does.
    func response(to method: HTTPRequest.Method, path: ArraySlice<Substring>) async throws -> ServiceResponse {
        guard case .found(let handler, let values) = Self.routes.match(method, path: path) else {
            throw PhoneAPIError.path
        }
        var call = self
        call.values = values
        return try await handler(call)
    }

    private static let routes = RouteTable<Handler>([
        .init(.get, path: "phone/api/state") {
            try await $0.service.state(of: $0.phone, seen: $0.queried("seen"), wait: $0.wait, watch: $0.watch)
        },
        .init(.post, path: "phone/api/answer") { try await $0.service.answer($0.parameters, from: $0.phone) },
        .init(.post, path: "phone/api/report") { try await $0.service.report($0.parameters, from: $0.phone) },
        .init(.get, path: "phone/api/tokens/:application") {
            try await $0.service.token($0.values[0], for: $0.phone)
        },
        .init(.post, path: "phone/api/push") { try await $0.service.setPush($0.parameters, from: $0.phone) },
        .init(.get, path: "phone/api/history") {
            try await $0.service.history(of: $0.phone, before: $0.queried("before").flatMap { Int64($0) })
        },
        .init(.get, path: "phone/api/applications") { try await $0.service.applications(of: $0.phone) },
        .init(.post, path: "phone/api/applications/:application") {
            try await $0.service.decide(on: $0.values[0], parameters: $0.parameters, from: $0.phone)
        },
        .init(.post, path: "phone/api/links") { try await $0.service.makeLink($0.parameters, from: $0.phone) },
        .init(.get, path: "phone/api/devices") { try await $0.service.devices(of: $0.phone) },
        .init(.post, path: "phone/api/devices/:device") {
            try await $0.service.renameDevice($0.values[0], parameters: $0.parameters, from: $0.phone)
        },
        .init(.post, path: "phone/api/devices/:device/confirm") {
            try await $0.service.confirmDevice($0.values[0], parameters: $0.parameters, from: $0.phone)
        },
        .init(.delete, path: "phone/api/devices/:device") {
            try await $0.service.removeDevice($0.values[0], from: $0.phone)
        },
    ])

    private func queried(_ name: String) -> String? { query.first { $0.name == name }?.value.text }
}

/// A call of the phone's page that comes before the device is enrolled, and is not signed.
struct EnrolmentCall: Sendable {
    /// Answers the call.
    typealias Handler = @Sendable (EnrolmentCall) async throws -> ServiceResponse

    let service: APIService
    let parameters: Parameters
    /// The address of the client.
    let address: String

    static let routes = RouteTable<Handler>([
        .init(.post, path: "phone/api/invitation") { try await $0.service.invitation($0.parameters) },
        .init(.post, path: "phone/api/enrol") { try await $0.service.enrol($0.parameters, from: $0.address) },
    ])
}

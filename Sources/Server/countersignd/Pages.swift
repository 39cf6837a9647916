internal import AuthyService
internal import Crypto
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PhonePages

/// Serves the files of the phone's page, which are built into the program.
struct Pages {
    private struct Page {
        let type: String
        let body: ByteBuffer
        let tag: String
    }

    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "manifest-src 'self'; worker-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

    private let pages: [String: Page]
    private let isTLS: Bool

    init(isTLS: Bool) {
        self.isTLS = isTLS
        let all = UnsafeBufferPointer(start: phone_pages_table, count: phone_pages_count)
        pages = Dictionary(
            all.map { page in
                let bytes = UnsafeRawBufferPointer(start: page.bytes, count: page.size)
                let tag = Array(SHA256.hash(data: bytes)).prefix(8).map { String($0, radix: 16) }.joined()
                return (
                    String(cString: page.name),
                    Page(type: String(cString: page.type), body: ByteBuffer(bytes: bytes), tag: "\"\(tag)\"")
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Returns the response for a file.
    ///
    /// - Parameters:
    ///   - name: the path below `/phone/`; empty for index.html.
    ///   - request: the request.
    /// - Returns: the file, or 304, 308, 404 or 405.
    func response(for name: String, _ request: Request) -> Response {
        guard request.method == .get || request.method == .head else {
            return .json(APIError.method("GET, HEAD").response)
        }
        guard let path = request.head.path, path.hasPrefix("/phone/") else {
            return Response(status: .permanentRedirect, headers: [.location: "/phone/"])
        }
        let file = if name.isEmpty { "index.html" } else { name }
        guard let page = pages[file] else { return .json(APIError.path.response) }
        // Each literal is a valid field name.
        // swift-format-ignore: NeverForceUnwrap
        var headers: HTTPFields = [
            .contentType: page.type, .eTag: page.tag, .cacheControl: "no-cache", .contentSecurityPolicy: Self.policy,
            .init("Referrer-Policy")!: "no-referrer", .init("Cross-Origin-Opener-Policy")!: "same-origin",
            .init("Permissions-Policy")!: "camera=(), microphone=(), geolocation=()",
        ]
        if isTLS { headers[.strictTransportSecurity] = "max-age=31536000" }
        if request.headers[.ifNoneMatch] == page.tag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: page.body))
    }
}

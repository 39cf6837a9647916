internal import CommandSupport
internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import ServerSettings
internal import Synchronization

/// The TLS certificate on disk; new connections use the last one that could be read.
final class Certificate: Sendable {
    private struct State {
        var loaded: Loaded
        var stamp: [Int]
    }
    private struct Loaded {
        let context: NIOSSLContext
        /// When the first certificate of the chain ends, as Unix time in seconds.
        let expiry: Int64
    }
    private let files: ServiceSettings.Certificate
    private let state: Mutex<State>

    init(_ files: ServiceSettings.Certificate) throws {
        self.files = files
        state = Mutex(State(loaded: try Self.load(files), stamp: Self.stamp(files)))
    }

    var context: NIOSSLContext { state.withLock { $0.loaded.context } }
    /// When the first certificate of the chain in use ends, as Unix time in seconds.
    var expiry: Int64 { state.withLock { $0.loaded.expiry } }

    /// Reads the files again if they have changed; if that fails, the old certificate stays in use.
    func refresh(log: Logger) {
        let stamp = Self.stamp(files)
        guard state.withLock({ $0.stamp != stamp }) else { return }
        do {
            let loaded = try Self.load(files)
            state.withLock { $0 = State(loaded: loaded, stamp: stamp) }
            log.notice("certificate_read", metadata: ["file": "\(files.chain)"])
        } catch {
            state.withLock { $0.stamp = stamp }
            log.error(
                "certificate_unreadable",
                metadata: ["file": "\(files.chain)", "reason": "\(CommandError(error).message)"])
        }
    }

    private static func load(_ files: ServiceSettings.Certificate) throws -> Loaded {
        let (chainKey, keyKey) = ("server.certificate", "server.private_key")
        let chain = try read(files.chain, key: chainKey, what: "certificate") {
            try NIOSSLCertificate.fromPEMFile(files.chain)
        }
        guard !chain.isEmpty else { throw noPEM(files.chain, key: chainKey, what: "certificate") }
        let key = try read(files.privateKey, key: keyKey, what: "private key without a passphrase") {
            try NIOSSLPrivateKey(file: files.privateKey, format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map(NIOSSLCertificateSource.certificate), privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            let ends = chain.map { Int64($0.notValidAfter) }
            return Loaded(context: try NIOSSLContext(configuration: configuration), expiry: ends.min() ?? 0)
        } catch {
            throw CommandError(
                "\(keyKey): \(files.privateKey): this key does not belong to the certificate in \(files.chain)",
                hint:
                    "name the key that the certificate was made with; "
                    + "the server's own certificate comes first in its file"
            )
        }
    }

    private static func read<Value>(_ file: String, key: String, what: String, body: () throws -> Value) throws
        -> Value
    {
        try ServiceUser.requireReadable(file, key: key)
        do { return try body() } catch { throw noPEM(file, key: key, what: what) }
    }

    private static func noPEM(_ file: String, key: String, what: String) -> CommandError {
        CommandError(
            "\(key): \(file): there is no \(what) in it", hint: "it is to be a PEM file: see countersignd.toml(5)")
    }

    private static func stamp(_ files: ServiceSettings.Certificate) -> [Int] {
        [files.chain, files.privateKey].flatMap { file -> [Int] in
            var found = Glibc.stat()
            guard stat(file, &found) == 0 else { return [0] }
            return [found.st_mtim.tv_sec, found.st_mtim.tv_nsec, Int(bitPattern: UInt(found.st_ino)), found.st_size]
        }
    }
}

/// HTTP/1.1 over TLS with the current certificate.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    typealias Value = Base.Value
    let base: Base
    let certificate: Certificate

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.context))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// The contents of countersignd.toml, with defaults for missing keys.
///
/// countersignd.toml(5) describes every key.
public struct ServiceSettings: Equatable, Sendable {
    /// The absolute path of the directory with the database.
    ///
    /// Key: `state`.
    public var state = "/var/lib/countersignd"
    /// The master key's file or systemd credential; by default master.key in `state`.
    ///
    /// Key: `master_key`.
    public var masterKey = MasterKey.file("/var/lib/countersignd/master.key")
    /// Addresses, TLS and proxies.
    public var server = Server()
    /// Lifetimes of codes, and the texts of messages.
    public var codes = Codes()
    /// Rate limits, and limits on connections.
    public var limits = Limits()
    /// Enrollment of phones.
    public var phone = Phone()
    /// Web Push.
    public var push = Push()
    /// The gateways in the order of the file, in which they are tried.
    ///
    /// Key: `[[gateway]]`.
    public var gateways: [Gateway] = []
    /// Days until finished requests, activities and deliveries are deleted, 1 to 3650.
    ///
    /// Key: `retention_days`.
    public var retentionDays = 90
    /// A PEM file of the only trusted authorities for outgoing connections; nil for the system's.
    ///
    /// Key: `ca_file`.
    public var authorities: String?

    /// Creates the settings of an empty file.
    public init() {}

    /// Where the master key is stored.
    public enum MasterKey: Equatable, Sendable {
        /// The absolute path of a file.
        case file(String)
        /// A file name in $CREDENTIALS_DIRECTORY (systemd.exec(5)): `"credential:NAME"`.
        case credential(String)
    }

    /// The table `[server]`.
    public struct Server: Equatable, Sendable {
        /// The addresses that the server listens on, at least one.
        ///
        /// Key: `listen = ["127.0.0.1:8555", "[::1]:8555", "unix:/run/countersignd/api.sock"]`.
        public var listen = [Listener.address(host: "127.0.0.1", port: 8555)]
        /// The server's origin for phones and callbacks: `https://HOST[:PORT]`, as browsers serialize it; nil if there
        /// are no phones.
        ///
        /// `http://` is allowed for localhost, 127.0.0.1 and [::1] only. Key: `public_url`.
        public var publicURL: String?
        /// The certificate and its key; nil for plain HTTP.
        ///
        /// Both files are read again when they change. Keys: `certificate`, `private_key`.
        public var certificate: Certificate?
        /// A PEM file with the authorities that hosts need to recognize the server; nil for those of their systems.
        ///
        /// A host gets its certificates with the API key. Key: `host_ca_file`.
        public var hostAuthorities: String?
        /// Whether clients come through a proxy that speaks TLS; plain HTTP is then allowed on addresses other than
        /// loopback.
        ///
        /// `publicURL` must be https. Key: `behind_proxy`.
        public var behindProxy = false
        /// The networks whose X-Forwarded-For is trusted, as CIDR or address; each is a valid `Network`.
        ///
        /// Key: `trusted_proxies`.
        public var trustedProxies: [String] = []
        /// The listener of `/metrics` and nothing else, on loopback or a socket; nil for none.
        ///
        /// Key: `metrics`.
        public var metrics: Listener?
        /// Creates the defaults.
        public init() {}
    }

    /// An address that the server listens on.
    public enum Listener: Equatable, Sendable {
        /// A numeric address without brackets, in its usual form, and a port; 0 is any free port.
        ///
        /// Without a certificate, only loopback is allowed, unless `public_url` is https and `behind_proxy` is true.
        case address(host: String, port: Int)
        /// An absolute path of at most 107 bytes (unix(7)).
        case unixSocket(String)
    }

    /// The files of a TLS certificate, both PEM.
    public struct Certificate: Equatable, Sendable {
        /// The path of the certificate chain, the server's own certificate first.
        public var chain: String
        /// The path of the private key, without a passphrase.
        public var privateKey: String
        /// Creates a pair of paths.
        ///
        /// - Parameters:
        ///   - chain: the path of the certificate chain.
        ///   - privateKey: the path of the private key.
        public init(chain: String, privateKey: String) {
            self.chain = chain
            self.privateKey = privateKey
        }
    }

    /// The table `[codes]`.
    public struct Codes: Equatable, Sendable {
        /// The lifetime of a OneCode in seconds, 60 to 3600.
        ///
        /// Key: `onecode_lifetime`.
        public var oneCodeLifetime: Int64 = 600
        /// The number of time steps that a SoftToken may be ahead or behind, 0 to 10 (RFC 6238, section 6).
        ///
        /// Key: `drift_steps`.
        public var driftSteps = 1
        /// The text of an sms; `{code}` and `{application}` are replaced.
        ///
        /// Key: `sms_text`.
        public var smsText = "{code} is your code for {application}."
        /// The text that a call says; `{code}` and `{application}` are replaced.
        ///
        /// Key: `call_text`.
        public var callText = "Your code for {application} is {code}."
        /// The subject of an e-mail with a code; `{application}` is replaced.
        ///
        /// Key: `email_subject`.
        public var emailSubject = "Your code for {application}"
        /// The text of an e-mail with a code; `{code}` and `{application}` are replaced.
        ///
        /// Key: `email_text`.
        public var emailText = "{code} is your code for {application}."
        /// The subject of an e-mail with an enrollment link; `{application}` is replaced.
        ///
        /// Key: `link_subject`.
        public var linkSubject = "Log in to {application} with your phone"
        /// The text of a message with an enrollment link; `{link}` and `{application}` are replaced.
        ///
        /// Key: `link_text`.
        public var linkText = "{application}: open this link on your phone to log in with it: {link}"
        /// Creates the defaults.
        public init() {}
    }

    /// The table `[limits]`.
    ///
    /// A call beyond a rate limit is answered with HTTP 429, error code 60003 and Retry-After.
    public struct Limits: Equatable, Sendable {
        /// Wrong codes of one user in ten minutes.
        ///
        /// Key: `wrong_codes`.
        public var wrongCodes: Int64 = 10
        /// Wrong codes of one user in a day.
        ///
        /// Key: `wrong_codes_of_day`.
        public var wrongCodesOfDay: Int64 = 50
        /// Wrong codes of one application in ten minutes.
        ///
        /// Key: `wrong_codes_of_application`.
        public var wrongCodesOfApplication: Int64 = 1000
        /// OneCodes sent to one user in ten minutes.
        ///
        /// Key: `sends`.
        public var sends: Int64 = 5
        /// OneTouch requests to one user in ten minutes.
        ///
        /// Key: `requests`.
        public var requests: Int64 = 30
        /// OneTouch requests to one user that are pending at the same time.
        ///
        /// Key: `pending_requests`.
        public var pendingRequests = 10
        /// Calls of one application in a second; 0 for no limit.
        ///
        /// Key: `calls_per_second`.
        public var callsPerSecond: Int64 = 0
        /// Open connections at each listener.
        ///
        /// Key: `connections`.
        public var connections = 25_000
        /// Open connections from one IPv4 address or IPv6 /64 that have not authenticated.
        ///
        /// Trusted proxies and this machine have no such limit. Key: `connections_of_address`.
        public var connectionsOfAddress = 1_000
        /// Seconds until a connection is closed that is idle, sends no whole request, or does not read its response.
        ///
        /// Key: `idle_timeout`.
        public var idleTimeout: Int64 = 75
        /// Creates the defaults.
        public init() {}
    }

    /// The table `[phone]`.
    public struct Phone: Equatable, Sendable {
        /// The lifetime of an enrollment link in seconds, 300 to 604800.
        ///
        /// Key: `link_lifetime`.
        public var linkLifetime: Int64 = 86_400
        /// Creates the defaults.
        public init() {}
    }

    /// The table `[push]`.
    public struct Push: Equatable, Sendable {
        /// The operator's contact for push services, as `mailto:` or `https:` (RFC 8292, section 2.1).
        ///
        /// Key: `subject`.
        public var subject = "mailto:root@localhost"
        /// The only hosts that push messages may be sent to, in lower case.
        ///
        /// An entry is a name or `*.` and a domain, each with an optional port. Key: `hosts`.
        public var hosts = [
            "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "*.push.apple.com",
            "*.notify.windows.com",
        ]
        /// Creates the defaults.
        public init() {}
    }
}

/// What countersignd.toml says, with the defaults for what it leaves out. countersignd.toml(5) explains every key.
public struct ServerSettings: Equatable, Sendable {
    /// The folder of the database, absolute. `state`
    public var state = "/var/lib/countersignd"
    /// The file of the master key, or a systemd credential; by default master.key in `state`. `master_key`
    public var masterKey = MasterKey.file("/var/lib/countersignd/master.key")
    public var server = Server()
    public var codes = Codes()
    public var limits = Limits()
    public var phone = Phone()
    public var push = Push()
    /// In the order of the file, which is the order in which they are tried. `[[gateway]]`
    public var gateways: [Gateway] = []
    /// Days that requests, activities and deliveries are kept once they are over, 1 to 3650. `retention_days`
    public var retentionDays = 90
    /// PEM file of the authorities for outgoing connections; nil for the system's. `ca_file`
    public var authorities: String?

    public init() {}

    public enum MasterKey: Equatable, Sendable {
        case file(String)
        /// The name of a file in $CREDENTIALS_DIRECTORY (systemd.exec(5)). `"credential:NAME"`
        case credential(String)
    }

    /// `[server]`
    public struct Server: Equatable, Sendable {
        /// `listen = ["127.0.0.1:8555", "[::1]:8555", "unix:/run/countersignd/api.sock"]`; at least one.
        public var listen = [Listener.address(host: "127.0.0.1", port: 8555)]
        /// What phones and callbacks see: `https://HOST[:PORT]`, without a slash at the end; `http://` for localhost, 127.0.0.1 and
        /// [::1] only. In the form that a browser gives to an origin.
        /// Nil where it was not set: then there are no phones. `public_url`
        public var publicURL: String?
        /// PEM files; both or neither. Read again when they change. `certificate`, `private_key`
        public var certificate: Certificate?
        /// Whether others reach it through a proxy that speaks TLS, so that it may be plain on addresses beyond loopback;
        /// `publicURL` is then https. `behind_proxy`
        public var behindProxy = false
        /// Networks whose X-Forwarded-For is believed, as CIDR or address; each is a `Network`. `trusted_proxies`
        public var trustedProxies: [String] = []
        /// Where `/metrics` is answered, on this machine, and nothing else; nil for nowhere. `metrics`
        public var metrics: Listener?
        public init() {}
    }

    public enum Listener: Equatable, Sendable {
        /// A numeric address without brackets, in its usual form, and a port, 0 for any free one. Without a certificate only loopback is
        /// allowed, or any with public_url https:// and `behind_proxy = true`.
        case address(host: String, port: Int)
        /// An absolute path of at most 107 bytes.
        case unixSocket(String)
    }

    public struct Certificate: Equatable, Sendable {
        public var chain: String
        public var privateKey: String
        public init(chain: String, privateKey: String) {
            self.chain = chain
            self.privateKey = privateKey
        }
    }

    /// `[codes]`
    public struct Codes: Equatable, Sendable {
        /// Seconds that a OneCode lives, 60 to 3600. `onecode_lifetime`
        public var oneCodeLifetime: Int64 = 600
        /// Time steps on each side of now that a SoftToken may be off, 0 to 10. `drift_steps`
        public var driftSteps = 1
        /// What a message says; `{code}` and `{application}` are put in. `sms_text`, `call_text`, `email_subject`, `email_text`
        public var smsText = "{code} is your code for {application}."
        public var callText = "Your code for {application} is {code}."
        public var emailSubject = "Your code for {application}"
        public var emailText = "{code} is your code for {application}."
        /// What a message with an enrolment link says; `{link}` and `{application}` are put in. `link_subject` (e-mail), `link_text`
        public var linkSubject = "Log in to {application} with your phone"
        public var linkText = "{application}: open this link on your phone to log in with it: {link}"
        public init() {}
    }

    /// `[limits]`; what is beyond them is answered with 429, 60003 and Retry-After.
    public struct Limits: Equatable, Sendable {
        /// Wrong codes of one user in ten minutes and in a day. `wrong_codes`, `wrong_codes_of_day`
        public var wrongCodes: Int64 = 10
        public var wrongCodesOfDay: Int64 = 50
        /// Wrong codes of one application in ten minutes. `wrong_codes_of_application`
        public var wrongCodesOfApplication: Int64 = 1000
        /// OneCodes sent to one user in ten minutes. `sends`
        public var sends: Int64 = 5
        /// OneTouch requests to one user in ten minutes, and pending at the same time. `requests`, `pending_requests`
        public var requests: Int64 = 30
        public var pendingRequests = 10
        /// Calls of one application in a second; 0 for no limit. `calls_per_second`
        public var callsPerSecond: Int64 = 0
        /// Open connections at each address in `listen`. `connections`
        public var connections = 25_000
        /// Of them those from one address, or one /64 of IPv6, that have shown no key; trusted proxies and this machine have no such limit.
        /// `connections_of_address`
        public var connectionsOfAddress = 1_000
        /// Seconds after which a connection ends that does nothing, sends no whole request, or takes no answer. `idle_timeout`
        public var idleTimeout: Int64 = 75
        public init() {}
    }

    /// `[phone]`
    public struct Phone: Equatable, Sendable {
        /// Seconds that an enrolment link lives, 300 to 604800. `link_lifetime`
        public var linkLifetime: Int64 = 86_400
        public init() {}
    }

    /// `[push]`
    public struct Push: Equatable, Sendable {
        /// `mailto:` or `https:` of whoever runs this server, for the push services (RFC 8292, section 2.1). `subject`
        public var subject = "mailto:root@localhost"
        /// Hosts that messages may be posted to: a name, `*.` and a domain, each with an optional port, in lower case. Nobody else is ever called
        /// for a phone. `hosts`
        public var hosts = [
            "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "*.push.apple.com",
            "*.notify.windows.com",
        ]
        public init() {}
    }
}

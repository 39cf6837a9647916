internal import CFrames
public import Frames

/// The first frame to countersign-net: the one server that it may reach, and until when.
public struct NetServer: Equatable, Sendable {
    /// `https://host[:port][/prefix]` or http, without a slash at the end.
    public var url: String
    /// The path of the Unix socket to connect to, or nil.
    public var socket: String?
    /// The API key.
    public var key: String
    /// The path of a PEM file that replaces the system's certificates, or nil.
    public var caFile: String?
    /// The URL of a proxy, or nil.
    public var proxy: String?
    /// Base64 of the SHA-256 of the public key of the server's certificate; nil if authorities and name count.
    public var pin: String?
    /// Seconds to connect.
    public var connectTimeout: Int
    /// Seconds to answer.
    public var requestTimeout: Int
    /// How much time is left of the login or the command, in milliseconds.
    public var milliseconds: Int64

    /// Takes the values as they are; socket, CA file, proxy and pin default to none.
    public init(
        url: String, socket: String? = nil, key: String, caFile: String? = nil, proxy: String? = nil,
        pin: String? = nil,
        connectTimeout: Int, requestTimeout: Int, milliseconds: Int64
    ) {
        self.url = url
        self.socket = socket
        self.key = key
        self.caFile = caFile
        self.proxy = proxy
        self.pin = pin
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.milliseconds = milliseconds
    }

    /// Reads the frame; nil if it is of another kind, a field is missing or malformed, or a timeout is above one day.
    public init?(_ frame: Frame) {
        guard frame.kind == KIND_SERVER, let url = frame.text(FIELD_URL), let key = frame.text(FIELD_KEY),
            let connectTimeout = frame.seconds(FIELD_CONNECT_TIMEOUT),
            let requestTimeout = frame.seconds(FIELD_REQUEST_TIMEOUT), let milliseconds = frame.number(FIELD_DEADLINE)
        else { return nil }
        self.init(
            url: url, socket: frame.text(FIELD_SOCKET), key: key, caFile: frame.text(FIELD_CA_FILE),
            proxy: frame.text(FIELD_PROXY), pin: frame.text(FIELD_PIN), connectTimeout: connectTimeout,
            requestTimeout: requestTimeout,
            milliseconds: milliseconds)
    }

    /// The frame as it is sent.
    public var frame: Frame {
        var frame = Frame(KIND_SERVER)
        frame.add(FIELD_URL, text: url)
        if let socket { frame.add(FIELD_SOCKET, text: socket) }
        frame.add(FIELD_KEY, text: key)
        if let caFile { frame.add(FIELD_CA_FILE, text: caFile) }
        if let proxy { frame.add(FIELD_PROXY, text: proxy) }
        if let pin { frame.add(FIELD_PIN, text: pin) }
        frame.add(FIELD_CONNECT_TIMEOUT, number: Int64(connectTimeout))
        frame.add(FIELD_REQUEST_TIMEOUT, number: Int64(requestTimeout))
        frame.add(FIELD_DEADLINE, number: milliseconds)
        return frame
    }
}

extension NetServer: CustomStringConvertible, CustomReflectable {
    /// The address without the key.
    public var description: String { "NetServer(\(url))" }
    /// A mirror without children, so that `dump` does not show the key.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Frame {
    /// Seconds, at most one day: a longer time could not be counted in milliseconds.
    fileprivate func seconds(_ name: CInt) -> Int? {
        guard let seconds = number(name).flatMap({ Int(exactly: $0) }), (0...86_400).contains(seconds) else {
            return nil
        }
        return seconds
    }
}

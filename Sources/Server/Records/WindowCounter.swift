/// How often something was done since a time; the reader decides how long a count is valid.
public struct WindowCounter: Equatable, Sendable {
    /// The start of the count.
    public var since: Int64
    /// The number of times since then.
    public var times: Int64

    /// Makes a count; without arguments, an empty one.
    public init(since: Int64 = 0, times: Int64 = 0) {
        self.since = since
        self.times = times
    }
}

/// The counters of an application for one month (app/stats).
public struct MonthOfStatistics: Equatable, Sendable {
    /// The id of the application.
    public let application: Int64
    /// The year, such as 2026, in UTC.
    public let year: Int64
    /// The month, 1 to 12, in UTC.
    public let month: Int64
    /// The number of calls of the API.
    public var apiCalls: Int64 = 0
    /// The number of accepted codes.
    public var codesAccepted: Int64 = 0
    /// The number of phone calls.
    public var calls: Int64 = 0
    /// The number of text messages.
    public var messages: Int64 = 0
    /// The number of users added.
    public var usersAdded: Int64 = 0

    /// Makes a month with all counters at 0.
    public init(application: Int64, year: Int64, month: Int64) {
        self.application = application
        self.year = year
        self.month = month
    }
}

internal import Encoding
internal import ServerSettings
internal import AuthyWire
internal import Records

// The calls app/details and app/stats

extension AuthyService {
    /// Describes the calling application (Authy API: GET /protected/json/app/details).
    ///
    /// - Parameter caller: The application.
    /// - Returns: Its id and name, and whether text messages and approval requests are available.
    public func applicationDetails(of caller: Caller) -> Answer {
        let app = JSONText.object([
            ("app_id", String(caller.id)), ("name", JSONText.string(caller.application.name)),
            ("plan", JSONText.string("self-hosted")),
            ("sms_enabled", outbox.canSend(.sms) ? "true" : "false"),
            ("onetouch_enabled", settings.server.publicURL == nil ? "false" : "true"),
        ])
        return Answer([("app", app), ("message", JSONText.string("Application information.")), ("success", "true")])
    }

    /// Returns the counters of the last twelve months (Authy API: GET /protected/json/app/stats).
    ///
    /// The client `authy-client` requires exactly these seven keys.
    ///
    /// - Parameter caller: The application.
    /// - Returns: The months, newest first, and the number of users.
    /// - Throws: `RecordStoreError` if the records cannot be read.
    public func statistics(of caller: Caller) async throws -> Answer {
        let (months, total) = try await store.read {
            (try $0.statistics(of: caller.id), try $0.memberCount(of: caller.id))
        }
        var added: Int64 = 0
        let stats = months.prefix(12).map { month -> String in
            defer { added += month.usersAdded }
            return JSONText.object([
                ("api_calls_count", String(month.apiCalls)), ("auths_count", String(month.codesAccepted)),
                ("calls_count", String(month.calls)),
                ("month", JSONText.string(Self.names[Int(month.month - 1) % 12])),
                ("sms_count", String(month.messages)),
                ("users_count", String(max(0, total - added))), ("year", String(month.year)),
            ])
        }
        return Answer([
            ("app_id", String(caller.id)), ("count", String(stats.count)), ("total_users", String(total)),
            ("stats", JSONText.array(Array(stats))),
            ("message", JSONText.string("Monthly statistics.")), ("success", "true"),
        ])
    }

    private static let names = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// Returns the counters for one call, changed by `change`.
    static func month(of application: Int64, at now: Int64, _ change: (inout MonthOfStatistics) -> Void)
        -> MonthOfStatistics
    {
        let day = UTCDay(unixTime: now)
        var counts = MonthOfStatistics(application: application, year: day.year, month: day.month)
        counts.apiCalls = 1
        change(&counts)
        return counts
    }
}

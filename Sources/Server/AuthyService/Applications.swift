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
        let (year, month) = monthOfYear(now)
        var counts = MonthOfStatistics(application: application, year: year, month: month)
        counts.apiCalls = 1
        change(&counts)
        return counts
    }

    /// Returns year and month (1 to 12) of a time in UTC, by Howard Hinnant's `civil_from_days`.
    static func monthOfYear(_ unixTime: Int64) -> (Int64, Int64) {
        let date = date(unixTime)
        return (date.year, date.month)
    }

    static func dayOfMonth(_ unixTime: Int64) -> Int64 { date(unixTime).day }

    private static func date(_ unixTime: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = max(0, unixTime) / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

/// The monthly counts of transactions that share a commit, so that each row of `months` is written once for all of
/// them.
struct MonthlyCounters {
    struct Key: Hashable {
        let application: Int64
        let year: Int64
        let month: Int64
    }

    private(set) var months: [Key: MonthOfStatistics] = [:]
    /// The upper bound of a count: far above any real value, and far below integer overflow.
    static let most: Int64 = 1 << 53

    static func key(_ month: MonthOfStatistics) -> Key {
        Key(application: month.application, year: month.year, month: month.month)
    }

    mutating func add(_ month: MonthOfStatistics) {
        months[
            Self.key(month),
            default: MonthOfStatistics(application: month.application, year: month.year, month: month.month)
        ].add(month)
    }

    mutating func add(_ other: MonthlyCounters) {
        for month in other.months.values { add(month) }
    }

    /// Returns the stored months of an application with these counts added, newest first.
    func added(to stored: [MonthOfStatistics], of application: Int64) -> [MonthOfStatistics] {
        var sum = MonthlyCounters()
        for month in stored + months.values.filter({ $0.application == application }) { sum.add(month) }
        return sum.months.values.sorted { ($0.year, $0.month) > ($1.year, $1.month) }
    }
}

extension MonthOfStatistics {
    /// Whether the month is 1 to 12 and every count is between 0 and `MonthlyCounters.most`.
    ///
    /// The commit is shared, so that an absurd count would spoil the other writes.
    var isPlausible: Bool {
        (1...12).contains(month)
            && [apiCalls, codesAccepted, calls, messages, usersAdded].allSatisfy {
                (0...MonthlyCounters.most).contains($0)
            }
    }

    fileprivate mutating func add(_ other: MonthOfStatistics) {
        apiCalls = min(apiCalls + other.apiCalls, MonthlyCounters.most)
        codesAccepted = min(codesAccepted + other.codesAccepted, MonthlyCounters.most)
        calls = min(calls + other.calls, MonthlyCounters.most)
        messages = min(messages + other.messages, MonthlyCounters.most)
        usersAdded = min(usersAdded + other.usersAdded, MonthlyCounters.most)
    }
}

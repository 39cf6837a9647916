/// The monthly counts of transactions that share a commit, so that each row of `months` is written once for all of
/// them.
struct Tally {
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

    mutating func add(_ other: Tally) {
        for month in other.months.values { add(month) }
    }

    /// Returns the stored months of an application with these counts added, newest first.
    func added(to stored: [MonthOfStatistics], of application: Int64) -> [MonthOfStatistics] {
        var sum = Tally()
        for month in stored + months.values.filter({ $0.application == application }) { sum.add(month) }
        return sum.months.values.sorted { ($0.year, $0.month) > ($1.year, $1.month) }
    }
}

extension MonthOfStatistics {
    /// Whether the month is 1 to 12 and every count is between 0 and `Tally.most`.
    ///
    /// The commit is shared, so that an absurd count would spoil the other writes.
    var isPlausible: Bool {
        (1...12).contains(month)
            && [apiCalls, codesAccepted, calls, messages, usersAdded].allSatisfy { (0...Tally.most).contains($0) }
    }

    fileprivate mutating func add(_ other: MonthOfStatistics) {
        apiCalls = min(apiCalls + other.apiCalls, Tally.most)
        codesAccepted = min(codesAccepted + other.codesAccepted, Tally.most)
        calls = min(calls + other.calls, Tally.most)
        messages = min(messages + other.messages, Tally.most)
        usersAdded = min(usersAdded + other.usersAdded, Tally.most)
    }
}

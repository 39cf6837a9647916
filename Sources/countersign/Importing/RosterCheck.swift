internal import LoginFlow
internal import Roster
internal import Settings

/// The first reading: names every line that is bad, and changes nothing.
struct RosterCheck {
    private(set) var good = 0
    private(set) var bad = 0
    /// Whether anybody is to be registered.
    private(set) var registers = false
    /// The lines of all names and of all numbers so far, by a hash.
    private var lines: [UInt64: Int32] = [:]
    private var numbers: [UInt64: Int32] = [:]

    mutating func run(_ source: inout RosterSource, _ users: UserDirectory, _ rules: EnrolmentRules, _ stops: Stops) throws -> Bool {
        while let line = try source.next() {
            if !readable([stops.descriptor], until: 0).isEmpty { return false }
            do throws(LineFault) {
                let entry = try line.result.get()
                let candidate = try Candidate(entry, place: line.place, users, rules)
                try take(candidate, entry, line.place)
                good += 1
            } catch {
                bad += 1
                Output.complain("\(line.place): \(error.message)")
            }
        }
        return true
    }

    private mutating func take(_ candidate: Candidate, _ entry: Entry, _ place: String) throws(LineFault) {
        let name = UserDirectory.hash(candidate.person.name)
        if let first = lines[name] { throw LineFault(entry.line, "\(candidate.person.name) is in line \(first) already") }
        lines[name] = Int32(clamping: entry.line)
        for note in entry.notes { Output.complain("\(place): \(candidate.person.name): \(note)") }
        guard case .register(let phone, _) = candidate.work else { return }
        registers = true
        let number = UserDirectory.hash(phone.e164)
        // Some people have two accounts, and some files a slip.
        if let first = numbers[number] {
            Output.complain("\(place): \(candidate.person.name): the number of line \(first) again: both accounts get one AuthyID")
        } else {
            numbers[number] = Int32(clamping: entry.line)
        }
    }
}

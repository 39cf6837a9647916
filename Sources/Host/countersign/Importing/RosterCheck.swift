internal import Accounts
internal import CommandSupport
internal import HostSettings
internal import Identifiers
internal import LoginPolicy
internal import Roster

/// The first pass over a roster: reports every bad line, and changes nothing.
struct RosterCheck {
    private(set) var good = 0
    private(set) var bad = 0
    /// Whether any line registers a phone.
    private(set) var registers = false
    /// First line of each name, by the name's hash.
    private var lines: [UInt64: Int32] = [:]
    /// First line of each number, by the number's hash.
    private var numbers: [UInt64: Int32] = [:]

    /// What the second pass would do.
    private(set) var plan = Plan()

    /// Checks all lines; returns false if Ctrl-C ended it.
    ///
    /// `account` looks up what is known of a person.
    mutating func run(
        _ source: inout RosterSource, users: UserDirectory, rules: EnrolmentRules, stops: Stops,
        account: (Person) throws -> Account
    ) throws -> Bool {
        while let line = try source.next() {
            if !readable([stops.descriptor], until: 0).isEmpty { return false }
            let candidate: ImportedUser
            do throws(RosterError) {
                let entry = try line.result.get()
                candidate = try ImportedUser(entry, place: line.place, users, rules)
                try add(candidate, entry: entry, place: line.place)
                good += 1
            } catch {
                bad += 1
                Output.complain("\(line.place): \(error.message)")
                continue
            }
            plan.count(candidate.work, account: try account(candidate.person))
        }
        return true
    }

    private mutating func add(_ candidate: ImportedUser, entry: Entry, place: String) throws(RosterError) {
        let name = UserDirectory.hash(candidate.person.name)
        if let first = lines[name] {
            throw RosterError(entry.line, "\(candidate.person.name) is in line \(first) already")
        }
        lines[name] = Int32(clamping: entry.line)
        for note in entry.notes { Output.warning("\(place): \(candidate.person.name): \(note)") }
        guard case .register(let phone, _) = candidate.work else { return }
        registers = true
        let number = UserDirectory.hash(phone.e164)
        // A warning only: some people have two accounts, and some files have mistakes.
        if let first = numbers[number] {
            Output.warning(
                "\(place): \(candidate.person.name): the number of line \(first) again: both accounts get one AuthyID")
        } else {
            numbers[number] = Int32(clamping: entry.line)
        }
    }
}

extension RosterCheck {
    /// What the second pass would do.
    struct Plan {
        private(set) var registered = 0
        private var linked = 0
        private var tokens = 0
        private var withAuthyID = 0
        private var withFactor = 0

        mutating func count(_ work: ImportedUser.Work, account: Account) {
            switch work {
            case .register, .link: if account.authyID != nil { return withAuthyID += 1 }
            case .token: if account.state != .none { return withFactor += 1 }
            }
            switch work {
            case .register: registered += 1
            case .link: linked += 1
            case .token: tokens += 1
            }
        }

        var sentence: String {
            let parts = [
                (registered, "\(registered) to be registered"), (linked, "\(linked) to be linked"),
                (tokens, "\(tokens) to get a SoftToken"),
                (withAuthyID, withAuthyID.counted("has an AuthyID already", plural: "have an AuthyID already")),
                (withFactor, withFactor.counted("has a factor already", plural: "have a factor already")),
            ]
            let told = parts.filter { $0.0 > 0 }.map(\.1)
            return if told.isEmpty { "nobody is in the file" } else { told.joined(separator: ", ") }
        }
    }
}

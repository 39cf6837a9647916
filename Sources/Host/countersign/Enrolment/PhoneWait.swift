internal import CSyscalls
internal import CommandSupport
internal import Frames
internal import Glibc
internal import Identifiers
internal import NetProtocol

/// The wait for an approval on the phone: when to poll the server, and what the person sees meanwhile.
struct PhoneWait {
    /// Shortest time between two polls in milliseconds; a server that can wait answers only when there is news.
    private static let pollInterval: Int64 = 1_000
    private static let longestPoll: Int64 = 20_000

    private let until: Int64
    private let number: CheckNumber?
    private var nextPoll: Int64
    private var isPolling = false
    /// The seconds on the screen.
    private var shown: Int64?
    private var hasPrompt = false

    init(until: Int64, number: CheckNumber?) {
        self.until = until
        self.number = number
        nextPoll = system_now()
    }

    var isOver: Bool { system_now() >= until }
    var isDueToPoll: Bool { !isPolling && system_now() >= nextPoll }

    mutating func poll(_ id: AuthyID) -> NetRequest {
        isPolling = true
        nextPoll = system_now() + Self.pollInterval
        return .poll(id, milliseconds: max(0, min(Self.longestPoll, until - system_now())))
    }

    mutating func endPoll() { isPolling = false }

    /// Time of the next action if nothing arrives before, as `system_now` counts.
    var nextEvent: Int64 {
        let second = system_now() + 1_000 - (until - system_now() + 999) % 1_000
        let next = if isPolling { second } else { min(nextPoll, second) }
        return min(until, next)
    }

    mutating func redraw() { hasPrompt = false }

    /// Moves the cursor below the prompt.
    mutating func leave() {
        if hasPrompt { Output.draw("\n") }
        hasPrompt = false
    }

    /// Draws the seconds left; updates them only if the terminal can do that without moving what is being typed.
    mutating func draw(_ words: String) {
        let left = max(0, (until - system_now() + 999) / 1_000)
        guard !hasPrompt || left != shown else { return }
        let sentence =
            number.map { "Check your phone and enter \($0) there to approve" } ?? "Check your phone to approve"
        let text = "\(sentence): \(String(left).padded(left: 3)) s left \(words)"
        if !hasPrompt {
            Output.draw(text)
        } else if Terminal.movesCursor {
            // Save and restore the cursor, as it is where the person may be typing.
            Output.draw("\u{1B}7\r\(text)\u{1B}8")
        }
        hasPrompt = true
        shown = left
    }
}

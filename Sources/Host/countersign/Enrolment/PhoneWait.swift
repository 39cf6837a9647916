internal import CSyscalls
internal import Frames
internal import Glibc
internal import Identifiers

/// The wait for an answer on the phone: when the server is asked again, and what a person sees meanwhile.
struct PhoneWait {
    /// Milliseconds between two looks at least; a server that can wait answers no sooner than there is news.
    private static let pace: Int64 = 1_000
    private static let longestLook: Int64 = 20_000

    private let until: Int64
    private let number: CheckNumber?
    private var lookAt: Int64
    private var isLooking = false
    /// The seconds that are on the screen.
    private var shown: Int64?
    private var hasPrompt = false

    init(until: Int64, number: CheckNumber?) {
        self.until = until
        self.number = number
        lookAt = system_now()
    }

    var isOver: Bool { system_now() >= until }
    var isDueToLook: Bool { !isLooking && system_now() >= lookAt }

    mutating func look(at id: AuthyID) -> Frame {
        isLooking = true
        lookAt = system_now() + Self.pace
        return .look(at: id, milliseconds: max(0, min(Self.longestLook, until - system_now())))
    }

    mutating func looked() { isLooking = false }

    /// When there is something to do, if nothing comes before.
    var nextEvent: Int64 {
        let second = system_now() + 1_000 - (until - system_now() + 999) % 1_000
        return min(until, isLooking ? second : min(lookAt, second))
    }

    mutating func redraw() { hasPrompt = false }

    /// Goes on below what is on the screen.
    mutating func leave() {
        if hasPrompt { Output.draw("\n") }
        hasPrompt = false
    }

    /// The seconds that are left, kept up to date where the terminal can do that without moving what is being typed.
    mutating func draw(_ words: String) {
        let left = max(0, (until - system_now() + 999) / 1_000)
        guard !hasPrompt || left != shown else { return }
        let seconds = String(left)
        let text =
            "Approve on the phone\(number.map { " (the number is \($0))" } ?? ""): \(seconds.count < 3 ? String(repeating: " ", count: 3 - seconds.count) : "")\(seconds) s left \(words)"
        if !hasPrompt {
            Output.draw(text)
        } else if Terminal.movesCursor {
            // Kept and brought back round it is the place where somebody may be typing.
            Output.draw("\u{1B}7\r\(text)\u{1B}8")
        }
        hasPrompt = true
        shown = left
    }
}

internal import CSyscalls
internal import Glibc

/// How far it is: a bar on a terminal, now and then a line elsewhere.
struct Progress {
    /// Milliseconds between two pictures, and between two lines.
    private static let (frame, line): (Int64, Int64) = (100, 10_000)
    private static let width = 30

    private let total: Int
    private let began = system_now()
    private let draws: Bool
    private var drawn: Int64 = 0
    private var isOnScreen = false
    private var waiting: String?

    init(total: Int) {
        self.total = total
        draws = Terminal.movesCursor
        drawn = draws ? 0 : system_now()
    }

    /// - Parameter text: what is counted.
    mutating func show(_ done: Int, _ text: String) {
        waiting = nil
        draw(done, text, force: done == total)
    }

    /// It goes on later, for that reason.
    mutating func wait(_ milliseconds: Int64, _ reason: String, _ done: Int) {
        let text = "\(reason); going on in \((milliseconds + 999) / 1_000) s"
        guard draws else { return Output.complain(text) }
        waiting = text
        draw(done, text, force: true)
    }

    /// Something else is said: below the bar.
    mutating func leave() {
        if isOnScreen { Output.draw("\n") }
        isOnScreen = false
    }

    private mutating func draw(_ done: Int, _ text: String, force: Bool) {
        let now = system_now()
        guard now - drawn >= (draws ? Self.frame : Self.line) || force && draws else { return }
        drawn = now
        guard draws else { return Output.complain("\(done) of \(total): \(text)") }
        let filled = total > 0 ? done * Self.width / total : Self.width
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled)
        let line = "[\(bar)] \(done) of \(total): \(text)\(left(done, now))"
        // Cut to the line, and what was there before is taken away.
        Output.draw("\r\(line.prefix(max(20, Terminal.errorColumns - 1)))\u{1B}[K")
        isOnScreen = true
    }

    private func left(_ done: Int, _ now: Int64) -> String {
        guard waiting == nil, done > 0, done < total, now - began > 2_000 else { return "" }
        let seconds = (now - began) * Int64(total - done) / Int64(done) / 1_000
        return seconds < 90 ? ", \(seconds) s left" : ", \(seconds / 60 + 1) min left"
    }
}

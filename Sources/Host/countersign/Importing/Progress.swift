internal import CSyscalls
internal import CommandSupport
internal import Glibc

/// Progress of a long command: a bar on a terminal, a line now and then elsewhere.
struct Progress {
    /// Milliseconds between two drawings of the bar, and between two lines.
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
        drawn = if draws { 0 } else { system_now() }
    }

    /// Shows how many are done; `text` says what was counted.
    mutating func show(_ done: Int, text: String) {
        waiting = nil
        draw(done, text: text, force: done == total)
    }

    /// Shows that work goes on later, and why.
    mutating func wait(_ milliseconds: Int64, reason: String, done: Int) {
        let text = "\(reason); going on in \((milliseconds + 999) / 1_000) s"
        guard draws else { return Output.complain(text) }
        waiting = text
        draw(done, text: text, force: true)
    }

    /// Moves below the bar, so that something else can be printed.
    mutating func leave() {
        if isOnScreen { Output.draw("\n") }
        isOnScreen = false
    }

    private mutating func draw(_ done: Int, text: String, force: Bool) {
        let now = system_now()
        let pause = if draws { Self.frame } else { Self.line }
        guard now - drawn >= pause || force && draws else { return }
        drawn = now
        guard draws else { return Output.complain("\(done) of \(total): \(text)") }
        let filled = if total > 0 { done * Self.width / total } else { Self.width }
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.width - filled)
        let line = "[\(bar)] \(done) of \(total): \(text)\(left(done, now: now))"
        // Cut to the width of the terminal; the rest of the line is cleared.
        Output.draw("\r\(line.prefix(max(20, Terminal.errorColumns - 1)))\u{1B}[K")
        isOnScreen = true
    }

    private func left(_ done: Int, now: Int64) -> String {
        guard waiting == nil, done > 0, done < total, now - began > 2_000 else { return "" }
        let seconds = (now - began) * Int64(total - done) / Int64(done) / 1_000
        return if seconds < 90 { ", \(seconds) s left" } else { ", \(seconds / 60 + 1) min left" }
    }
}

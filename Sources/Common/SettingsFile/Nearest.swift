extension String {
    /// The word that was probably meant; nil if none is close.
    package func nearest(in words: [String]) -> String? {
        let typed: [Character] = String(prefix(64)).lowercased().map { $0 == "-" ? "_" : $0 }
        var nearest: (word: String, steps: Int)?
        for word in words {
            let steps = steps(from: typed, to: Array(word))
            if steps <= max(2, word.count / 3), steps < nearest?.steps ?? .max { nearest = (word, steps) }
        }
        return nearest?.word
    }
}

/// The number of letters to insert, remove, change, or swap with their neighbour (optimal string alignment).
private func steps(from: [Character], to: [Character]) -> Int {
    var rows = [Array(0...to.count)]
    for (i, letter) in from.enumerated() {
        var row = [i + 1]
        for (j, other) in to.enumerated() {
            let change = if letter == other { 0 } else { 1 }
            var best = min(rows[i][j] + change, rows[i][j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, letter == to[j - 1], other == from[i - 1] { best = min(best, rows[i - 1][j - 1] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows.last?.last ?? to.count
}

internal import CommandSupport
internal import HostSettings
internal import LoginPolicy
internal import SettingsFile

/// Faults in `texts.toml`.
extension CheckResult {
    /// All faults in the file, and a warning if texts have characters that old ssh clients do not show.
    ///
    /// `isShared` is true if the file is that of the host, whose messages name the service user instead of a uid.
    static func texts(_ file: TextsFile, isShared: Bool) -> [CheckResult] {
        let faults = file.problems.map { problem in
            let message = problem.error.description
            let text = if isShared { ServiceUser.named(message) } else { message }
            return CheckResult(text, problem.hint, effect: .showsEnglish)
        }
        return faults + beyondASCII(file)
    }

    private static func beyondASCII(_ file: TextsFile) -> [CheckResult] {
        let ids = file.textsBeyondASCII
        guard !ids.isEmpty else { return [] }
        let texts = ids.flatMap { [file.texts.wording($0).one, file.texts.wording($0).other] }.compactMap { $0 }
        var letters: [Unicode.Scalar] = []
        for scalar in texts.flatMap(\.unicodeScalars) where !scalar.isASCII && !letters.contains(scalar) {
            letters.append(scalar)
        }
        let sample = letters.prefix(12).map(String.init).joined(separator: " ")
        return [
            CheckResult(
                "\(file.path): \(ids.count.counted("text")) with letters outside ASCII: \(sample)",
                "old ssh clients, and terminals that do not use UTF-8, show other characters in their place")
        ]
    }
}

/// An option that has another name now; the old one is taken for one release more.
package struct RenamedOption: Sendable {
    private let old: String
    private let new: String
    private let commands: [String]

    /// Creates a pair of names, both with their hyphens.
    ///
    /// - Parameters:
    ///   - old: the name that scripts may still use.
    ///   - new: the name that takes its place.
    ///   - commands: the subcommands that have the option; none for all of them.
    package init(_ old: String, isNow new: String, of commands: [String] = []) {
        (self.old, self.new, self.commands) = (old, new, commands)
    }

    /// Puts the new names in place of the old ones, up to the word `--`.
    ///
    /// - Parameters:
    ///   - arguments: the words after the program's name.
    ///   - options: all options of the program that have other names now.
    /// - Returns: the words as they are now, and a line for standard error on each old name among them.
    package static func update(_ arguments: [String], renamed options: [RenamedOption]) -> (
        arguments: [String], warnings: [String]
    ) {
        let command = arguments.first ?? ""
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var (words, warnings) = (Array(arguments[..<end]), [String]())
        for option in options where option.commands.isEmpty || option.commands.contains(command) {
            for (index, word) in words.enumerated() where word == option.old || word.hasPrefix(option.old + "=") {
                words[index] = option.new + word.dropFirst(option.old.count)
                warnings.append(
                    "\(option.old) is called \(option.new) now; the next release does not take the old name")
            }
        }
        return (words + arguments[end...], warnings)
    }
}

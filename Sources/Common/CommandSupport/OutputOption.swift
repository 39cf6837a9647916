internal import ArgumentParser

/// The option `--json` of a command that prints something.
package struct OutputOption: ParsableArguments {
    /// Whether the output is JSON.
    @Flag(help: "Print JSON.")
    package var json = false

    /// Creates the option as the parser does.
    package init() {}
}

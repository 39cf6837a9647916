internal import ArgumentParser

/// The option `--json` of a command that prints something.
package struct OutputOption: ParsableArguments {
    @Flag(help: "Print JSON.")
    package var json = false

    /// Creates the option as the parser does.
    package init() {}
}

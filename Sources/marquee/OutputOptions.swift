import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeRuntime

/// How a command speaks.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of tables.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print the result alone.")
    var quiet = false

    var console: Console { Console(quiet: quiet, json: json) }
}

extension Console {
    /// JSON for programs where it was asked for, else what `table` makes for people.
    func show(_ value: some Encodable, table: () throws -> TextTable) throws {
        if isJSON {
            print(String(decoding: try JSONFile.encode(value), as: UTF8.self))
        } else {
            print(try table())
        }
    }
}

/// A path on the command line, `~` expanded.
struct Path: ExpressibleByArgument {
    let url: URL
    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        url = URL(fileURLWithPath: (argument as NSString).expandingTildeInPath)
    }
    static var defaultCompletionKind: CompletionKind { .file() }
}

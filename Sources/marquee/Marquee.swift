import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLive
import MarqueeRuntime
import MarqueeTensor

/// The command line. A verb is a file; it reads its arguments, calls the library, prints.
@main
struct Marquee: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "marquee",
        abstract: "Learns what people want to see next, and measures whether it was right.",
        version: "0.1.0",
        subcommands: [
            DataCommand.self, ExperimentCommand.self, TrainCommand.self, EvaluateCommand.self, ScoreCommand.self,
            RecommendCommand.self, SimilarCommand.self, ServeCommand.self, SimulateCommand.self, EventsCommand.self,
            FeaturesCommand.self, ModelsCommand.self, OPECommand.self, ArmsCommand.self,
            BackupCommand.self, EraseCommand.self,
        ])

    /// Errors are one line on standard error: exit code 64 for a command line that cannot be, 130 after
    /// Ctrl-C, 3 for a run that is whole but for models that could not be fitted, 1 for everything else.
    static func main() {
        BLAS.adoptFastestKernels()
        DatasetReader.add(EventLogSource())
        Interruption.listen()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error where error is Interrupted || error is Stopped {
            fail("\(error)", code: 130)
        } catch let error as SomeNotFitted {
            fail("\(error)", code: 3)
        } catch {
            let code = exitCode(for: error)
            guard !code.isSuccess else { exit(withError: error) }  // Help, version, completion scripts.
            let isUsage = code == .validationFailure
            let message = isUsage ? unknownCommand() ?? message(for: error) : describe(error)
            fail(
                message.replacingOccurrences(of: "\n", with: " ") + (isUsage ? "; see 'marquee help'" : ""),
                code: code.rawValue)
        }
    }

    /// What to say of a word where a command is asked for; nil when the words name a command.
    private static func unknownCommand() -> String? {
        var command: any ParsableCommand.Type = Marquee.self
        for word in CommandLine.arguments.dropFirst() where !word.hasPrefix("-") {
            let commands = command.configuration.subcommands
            guard !commands.isEmpty else { return nil }
            guard let next = commands.first(where: { $0._commandName == word }) else {
                return Spelling.complaint(unknown: "command", word, valid: commands.map { $0._commandName })
            }
            command = next
        }
        return nil
    }

    /// Errors of this project describe themselves; Foundation's are described for people apart.
    private static func describe(_ error: any Error) -> String {
        error is CocoaError || error is POSIXError ? error.localizedDescription : "\(error)"
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data("marquee: \(message)\n".utf8))
        Foundation.exit(code)
    }
}

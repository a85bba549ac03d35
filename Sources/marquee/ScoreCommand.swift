import ArgumentParser
import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeRuntime

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Judge lists that another tool made, on what a split holds out.",
        discussion: """
            RUNFILE holds a list for each user: a TREC run (user Q0 item rank score tag), a CSV with a header (user, \
            item and score or rank), or JSON lines ({"user": "42", "items": ["1", "7"]}). The lists must have been made \
            from the training part of the same data and split. A held-out item that is not in its user's list is not \
            found; what a user has already done is not ranked, as in 'marquee evaluate'.

            Example: marquee score run.csv --data ml-1m --split leave-one-out --metrics HR@10 NDCG@10
            """)

    @Argument(help: "The lists.", completion: .file())
    var runFile: Path

    @OptionGroup var source: DataOptions

    @OptionGroup var asking: ProtocolOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let (splitter, config) = (try asking.splitter, try asking.config)
        let file = try RankedListFile(contentsOf: runFile.url)
        let dataset = try source.read(console)
        let (split, report) = try splitter.split(dataset, seed: source.seed)
        console.note("\(report)")
        let (lists, notes) = file.matched(with: split.train)
        let evaluator = try EvaluationTask.evaluator(config, testing: split, of: dataset, seed: source.seed)
        let users = evaluator.holdout.users
        let missing = users.count { lists.lists[$0] == nil }
        for note in notes { console.warn("\(file.name): \(note)") }
        if missing > 0 {
            console.warn(
                "\(file.name): \(missing.grouped) of \(users.count.grouped) test users have no list; nothing of theirs is found"
            )
        }
        try asking.show(
            try evaluator.evaluate(lists, progress: console), of: file.name, splitName: split.name, console)
    }
}

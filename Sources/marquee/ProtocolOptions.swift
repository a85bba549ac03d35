import ArgumentParser
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeRuntime

/// How a model, or lists, are judged on a part of data that is held out.
struct ProtocolOptions: ParsableArguments {
    @Option(help: "What is held out, such as leave-one-out or '{ ratio: { train: 0.8 } }'.")
    var split = "leave-one-out"

    @Option(help: "What targets are ranked against: full, '{ sampled: 99 }' or given.")
    var candidates = "full"

    @Option(parsing: .upToNextOption, help: "Metrics with their cut-offs.")
    var metrics = ["HR@10", "NDCG@10"]

    var splitter: Splitter {
        get throws { try DataOptions.splitter(split) }
    }

    var config: ProtocolConfig {
        get throws {
            var config = ProtocolConfig(metrics: try metrics.map { try Metric($0).description })
            config.candidates = try ConfigDocument(yaml: candidates, file: "--candidates").decode(
                ProtocolConfig.Candidates.self)
            return config
        }
    }

    /// One row of figures, with its protocol in the caption.
    func show(_ result: EvaluationResult, of name: String, splitName: String, _ console: Console) throws {
        try console.show(Answer(protocol: "\(splitName); \(result.protocol)", metrics: result.means)) {
            var table = TextTable(
                caption: "\(splitName), \(result.protocol)",
                columns: [("model", .left)] + result.metrics.map { ("\($0)", .right) })
            table.append([.init(name)] + result.metrics.map { .init(Figures.metric(result[$0] ?? .nan)) })
            return table
        }
    }

    private struct Answer: Encodable {
        var `protocol`: String
        var metrics: [String: Double]
    }
}

internal import Foundation
public import MarqueeEvaluation
internal import MarqueeRuntime

/// Models of one or more runs against one of them, user by user.
public struct RunComparison: Sendable, Codable, Equatable {
    public struct Row: Sendable, Codable, Equatable {
        /// The model, with its run where several runs are compared: `quickstart-… / ease`.
        public var name: String
        /// Means over users and seeds, by metric.
        public var metrics: [String: Double]
        /// Of this model with the baseline; nil for the baseline itself.
        public var against: PairedComparison?
    }

    public var metric: Metric
    public var metrics: [Metric]
    public var baseline: String
    public var `protocol`: String
    public var rows: [Row]
    /// Below the table: who was not fitted, and whose fit came to nothing.
    public var remarks: [String]?

    /// - Parameters:
    ///   - metric: what is tested; what the first run chose its models by when nil.
    ///   - baseline: a row's name or a model's; the best by the metric when nil.
    /// - Throws: `EvaluationError` when the runs asked different questions, ``RunComparisonError``.
    public init(of results: [RunResult], by metric: Metric? = nil, baseline: String? = nil) throws {
        guard let first = results.first else { throw RunComparisonError.nothing }
        for other in results.dropFirst() where other.protocol != first.protocol {
            throw EvaluationError.differentProtocols("\(first.protocol)", "\(other.protocol)")
        }
        let metric = metric ?? first.headline
        var models: [(name: String, kind: String, result: EvaluationResult)] = []
        for result in results {
            for model in result.models {
                let name = results.count == 1 ? model.name : "\(result.folder.url.lastPathComponent) / \(model.name)"
                models.append((name, model.name, try model.averaged()))
            }
        }
        if let result = models.first(where: { $0.result[metric] == nil })?.result {
            throw EvaluationError.missingMetric(metric, available: result.metrics)
        }
        let reference: Int
        if let baseline {
            guard let index = models.firstIndex(where: { $0.name == baseline || $0.kind == baseline }) else {
                throw RunComparisonError.unknown(
                    Spelling.complaint(unknown: "model", baseline, valid: models.map(\.name)))
            }
            reference = index
        } else {
            // Indices are there: every run has a model. The first of the best.
            reference =
                models.indices.max { (models[$0].result[metric] ?? 0, $1) < (models[$1].result[metric] ?? 0, $0) } ?? 0
        }
        self.metric = metric
        metrics = first.metrics.filter { metric in models.allSatisfy { $0.result[metric] != nil } }
        self.baseline = models[reference].name
        self.protocol = first.caption
        let remarks = results.flatMap { result in
            result.remarks.map { results.count == 1 ? $0 : "\(result.folder.url.lastPathComponent) / \($0)" }
        }
        self.remarks = remarks.isEmpty ? nil : remarks
        rows = try models.enumerated().map { index, model in
            Row(
                name: model.name, metrics: model.result.means,
                against: index == reference
                    ? nil : try PairedComparison(of: model.result, with: models[reference].result, by: metric))
        }
    }

    public func table() -> TextTable {
        var table = TextTable(
            caption:
                "\(self.protocol)\n\(metric) against \(baseline): difference, 95 % bootstrap interval, permutation p",
            columns: [("model", .left)] + metrics.map { ("\($0)", .right) }
                + [("difference", .right), ("95 % interval", .right), ("p", .right)])
        for row in rows {
            let best = metrics.map { metric in
                rows.allSatisfy { $0.metrics["\(metric)"] ?? 0 <= row.metrics["\(metric)"] ?? 0 }
            }
            let figures = zip(metrics, best).map {
                TextTable.Cell(Figures.metric(row.metrics["\($0)"] ?? .nan), isEmphasized: $1)
            }
            let test: [TextTable.Cell] =
                row.against.map {
                    [
                        "\(Self.signed($0.difference))", "\(Self.signed($0.lower)) … \(Self.signed($0.upper))",
                        "\(Self.p($0.pValue))",
                    ]
                } ?? ["baseline", "", ""]
            table.append([TextTable.Cell(row.name)] + figures + test)
        }
        table.notes = remarks ?? []
        return table
    }

    static func signed(_ value: Double) -> String { (value < 0 ? "−" : "+") + Figures.metric(value.magnitude) }

    /// `0.012`, or within a sentence `= 0.012`.
    static func p(_ value: Double, equals: Bool = false) -> String {
        value < 0.001 ? "<\u{A0}0.001" : (equals ? "=\u{A0}" : "") + Figures.fixed(value, 3)
    }
}

extension RunResult.Model {
    /// Each user's metrics averaged over the seeds.
    func averaged() throws -> EvaluationResult {
        try EvaluationResult(averaging: results)
    }
}

public enum RunComparisonError: Error, Equatable, CustomStringConvertible {
    case nothing
    case unknown(String)

    public var description: String {
        switch self {
        case .nothing: "nothing to compare; name at least one run folder"
        case .unknown(let complaint): complaint
        }
    }
}

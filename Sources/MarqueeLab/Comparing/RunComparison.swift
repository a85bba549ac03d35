internal import Foundation
public import MarqueeEvaluation
internal import MarqueeRuntime

/// Models of one or more runs against one of them, user by user.
public struct RunComparison: Sendable, Codable, Equatable {
    public struct Row: Sendable, Codable, Equatable {
        /// The model, with its run where several runs are compared: `quickstart-… / ease`.
        public var name: String
        /// Means over users, or of errors and AUC of ratings over these, and over fits, by metric.
        public var metrics: [String: Double]
        /// Of this model with the baseline; nil for the baseline itself.
        public var against: PairedComparison?
        /// By metric, p of the exact sign flips over seeds or folds (``SignFlips``), this model minus the baseline; nil for
        /// the baseline, and where there are too few fits, or others, to ever tell two apart.
        public var overFits: [String: Double]?
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
        var models: [(name: String, kind: String, result: EvaluationResult, model: RunResult.Model)] = []
        for result in results {
            for model in result.models {
                let name = results.count == 1 ? model.name : "\(result.folder.url.lastPathComponent) / \(model.name)"
                models.append((name, model.name, try model.averaged(), model))
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
                models.indices.max {
                    (metric.merit(models[$0].result[metric] ?? 0), $1)
                        < (metric.merit(models[$1].result[metric] ?? 0), $0)
                } ?? 0
        }
        self.metric = metric
        let measured = first.metrics.filter { metric in models.allSatisfy { $0.result[metric] != nil } }
        metrics = measured
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
                    ? nil : try PairedComparison(of: model.result, with: models[reference].result, by: metric),
                overFits: index == reference
                    ? nil : Self.overFits(model.model, models[reference].model, measured))
        }
    }

    /// Fits are paired by fold and seed.
    private static func overFits(
        _ model: RunResult.Model, _ baseline: RunResult.Model, _ metrics: [Metric]
    ) -> [String: Double]? {
        func pairs(_ model: RunResult.Model) -> [[UInt64]] { model.fits.map { [UInt64($0.fold ?? 0), $0.seed] } }
        guard pairs(model) == pairs(baseline), 6...SignFlips.limit ~= model.fits.count else { return nil }
        var values: [String: Double] = [:]
        for metric in metrics {
            values["\(metric)"] = SignFlips.pValue(zip(model.perSeed(metric), baseline.perSeed(metric)).map(-))
        }
        return values
    }

    public func table() -> TextTable {
        let hasFits = rows.contains { $0.overFits != nil }
        var table = TextTable(
            caption:
                "\(self.protocol)\n\(metric) against \(baseline): difference, 95 % bootstrap interval, permutation p",
            columns: [("model", .left)] + metrics.map { ("\($0)", .right) }
                + [("difference", .right), ("95 % interval", .right), ("p", .right)]
                + (hasFits ? [("p over fits", .right)] : []))
        for row in rows {
            let best = metrics.map { metric in
                func merit(_ row: Row) -> Double { metric.merit(row.metrics["\(metric)"] ?? 0) }
                return rows.allSatisfy { merit($0) <= merit(row) }
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
            let fits = row.overFits?["\(metric)"].map { Self.p($0) } ?? ""
            table.append([TextTable.Cell(row.name)] + figures + test + (hasFits ? ["\(fits)"] : []))
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
    /// Each user's metrics averaged over fits; over all those that tested a user, where splits differ.
    func averaged() throws -> EvaluationResult {
        var tests: [(digest: String, results: [EvaluationResult])] = []
        for result in results {
            if let index = tests.firstIndex(where: { $0.digest == result.protocol.digest }) {
                tests[index].results.append(result)
            } else {
                tests.append((result.protocol.digest, [result]))
            }
        }
        return try EvaluationResult(joining: tests.map { try EvaluationResult(averaging: $0.results) })
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

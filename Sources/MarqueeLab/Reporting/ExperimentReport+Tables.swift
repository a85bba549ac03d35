internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// Who is better: the experiment's tables in each of its protocols.
extension ExperimentReport {
    /// One table in one protocol, every model against one.
    struct Compared {
        let table: ModelTable
        /// The run in the protocol, with the table's models.
        let result: RunResult
        let comparison: RunComparison
    }

    func compared() throws -> [Compared] {
        try result.tables.flatMap { table in
            try result.protocols.compactMap { single -> Compared? in
                let part = single.restricted(to: table.models)
                guard part.models.count > 1 else { return nil }
                return Compared(
                    table: table, result: part,
                    comparison: try RunComparison(of: [part], by: part.headline, baseline: table.against))
            }
        }
    }

    func tables(_ comparisons: [Compared]) -> [Page.Section] {
        result.tables.enumerated().map { index, table in
            let hasSpread = result.restricted(to: table.models).models.contains { $0.fits.count > 1 }
            var section = Page.Section(
                title: table.title, text: hasSpread ? "± is the standard deviation over seeds." : "")
            for single in result.protocols {
                let part = single.restricted(to: table.models)
                section.blocks += Self.figures(part).map(Page.Block.table)
                let verdict = comparisons.first { $0.table == table && $0.result.protocolIndex == part.protocolIndex }?
                    .verdict
                if let verdict { section.blocks.append(.note(verdict)) }
            }
            section.blocks += result.restricted(to: table.models).remarks.map { .note("\($0).") }
            for single in result.protocols {
                let part = single.restricted(to: table.models)
                section.blocks += index == 0 ? Self.charts(part) : [Self.bars(part)]
            }
            return section
        }
    }

    /// Models by metrics, no wider than eight of them.
    private static func figures(_ result: RunResult) -> [Page.Table] {
        // Metrics of a kind stay together.
        var groups: [[Metric]] = []
        for metric in result.metrics {
            let ofKind = result.metrics.count { $0.kind == metric.kind }
            if let last = groups.last, last.last?.kind == metric.kind || last.count + ofKind <= 8, last.count < 8 {
                groups[groups.count - 1].append(metric)
            } else {
                groups.append([metric])
            }
        }
        return groups.enumerated().map { index, metrics in
            var table = Page.Table(
                index == 0
                    ? result.caption : "The same models and protocol (\(result.protocol.candidates)), further metrics",
                columns: [("model", false)] + metrics.map { ("\($0)", true) }
                    + (result.hasEqualSeeds ? [] : [("seeds", true)]))
            for (name, model) in result.rows {
                guard let model else {
                    table.append([name, "not fitted"] + Array(repeating: "–", count: table.columns.count - 2))
                    continue
                }
                table.append(
                    [(name + (model.collapse == nil ? "" : " (collapsed)"), "", false)]
                        + metrics.map { metric in
                            (
                                model.mean(metric).map(Figures.metric) ?? "–",
                                model.spread(metric).flatMap { $0 >= 0.00005 ? "±\(Figures.metric($0))" : nil } ?? "",
                                result.isBest(model, metric)
                            )
                        } + (result.hasEqualSeeds ? [] : [("\(model.fits.count)", "", false)]))
            }
            return table
        }
    }

    /// A bar a kind of metric: at the headline's cut-off, else at the first there is.
    private static func bars(_ result: RunResult) -> Page.Block {
        var shown: [Metric] = []
        let kinds = result.shownKinds
        for metric in result.metrics
        where kinds.contains(metric.kind) && !shown.contains(where: { $0.kind == metric.kind }) {
            shown.append(
                result.metrics.first { $0.kind == metric.kind && $0.cutoff == result.headline.cutoff } ?? metric)
        }
        return .chart(
            Page.Chart(
                kind: .rows, title: shown.map(\.description).joined(separator: ", ") + result.suffix,
                labels: result.models.map(\.name),
                series: shown.map { metric in .init(name: "\(metric)", values: result.models.map { $0.mean(metric) }) })
        )
    }

    private static func charts(_ result: RunResult) -> [Page.Block] {
        let leaders = result.leaders
        let few = leaders.count < result.models.count ? ", the best \(leaders.count)" : ""
        return [bars(result)]
            + result.shownKinds.compactMap { kind in
                let metrics = result.metrics.filter { $0.kind == kind && $0.cutoff != nil }.sorted {
                    ($0.cutoff ?? 0) < ($1.cutoff ?? 0)
                }
                guard metrics.count > 2 else { return nil }
                return .chart(
                    Page.Chart(
                        kind: .line, title: "\(kind.rawValue) by length of the list\(few)\(result.suffix)",
                        labels: metrics.map { "\($0.cutoff ?? 0)" },
                        series: leaders.map { model in .init(name: model.name, values: metrics.map { model.mean($0) })
                        },
                        xTitle: "K", yTitle: "\(kind.rawValue)@K"))
            }
    }

    func significance(_ comparisons: [Compared]) -> Page.Section? {
        guard !comparisons.isEmpty else { return nil }
        return Page.Section(
            title: "Significance",
            text: "An interval that holds 0 means that these users do not tell the two models apart.",
            blocks: comparisons.map { compared in
                let comparison = compared.comparison
                let named = result.experiment.tables.isEmpty ? "" : "\(compared.table.title): "
                var table = Page.Table(
                    "\(named)\(comparison.metric)\(compared.result.suffix), against \(comparison.baseline), paired over \(compared.result.protocol.users.grouped) users: 95 % bootstrap interval, permutation test",
                    columns: [("model", false), ("difference", true), ("95 % interval", true), ("p", true)])
                for row in comparison.rows {
                    guard let test = row.against else { continue }
                    table.append([
                        row.name, RunComparison.signed(test.difference),
                        "\(RunComparison.signed(test.lower)) … \(RunComparison.signed(test.upper))",
                        RunComparison.p(test.pValue),
                    ])
                }
                return .table(table)
            })
    }
}

extension ExperimentReport.Compared {
    /// The best row against the best other one, or where a model is named to be held against, who is
    /// below it, above it and neither.
    var verdict: String {
        let metric = comparison.metric
        let others = comparison.rows.compactMap { row in row.against.map { (name: row.name, test: $0) } }
        if table.against == nil, let next = others.max(by: { $0.test.difference < $1.test.difference }) {
            let test = next.test
            return "\(metric)\(result.suffix): \(comparison.baseline) against \(next.name), the best other row, "
                + "\(RunComparison.signed(-test.difference)) (95 % from \(RunComparison.signed(-test.upper)) to \(RunComparison.signed(-test.lower)), "
                + "p\u{A0}\(RunComparison.p(test.pValue, equals: true))), "
                + (test.pValue < 0.05 ? "better beyond chance." : "which these users do not tell apart.")
        }
        func names(_ text: String, _ belongs: (PairedComparison) -> Bool) -> String? {
            let names = others.filter { belongs($0.test) }.map(\.name)
            return names.isEmpty ? nil : "\(text): \(names.joined(separator: ", "))"
        }
        let parts = [
            names("worse beyond chance (p < 0.05)") { $0.pValue < 0.05 && $0.difference < 0 },
            names("not told apart") { $0.pValue >= 0.05 },
            names("better beyond chance") { $0.pValue < 0.05 && $0.difference >= 0 },
        ].compactMap { $0 }
        return "\(metric)\(result.suffix) against \(comparison.baseline): \(parts.joined(separator: "; "))."
    }
}

extension RunResult {
    /// The protocol for titles, where there is more than one.
    var suffix: String { experiment.evaluate.count > 1 ? ", \(config.title)" : "" }

    /// The kinds of metric that charts show: all of two, else the hit ratio and the headline's, which with
    /// one target a user hold what precision and recall say.
    var shownKinds: [Metric.Kind] {
        let kinds = Metric.Kind.allCases.filter { kind in metrics.contains { $0.kind == kind } }
        return kinds.count > 2 ? kinds.filter { $0 == .hitRatio || $0 == headline.kind } : kinds
    }

    /// The models that a chart of many lines or bars can show: all of ten, else the best eight, in
    /// the experiment's order.
    var leaders: [Model] {
        guard models.count > 10 else { return models }
        let best = Set(models.sorted { ($0.mean(headline) ?? 0) > ($1.mean(headline) ?? 0) }.prefix(8).map(\.name))
        return models.filter { best.contains($0.name) }
    }
}

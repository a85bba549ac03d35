internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// For whom: parts of the users, a table and bars for each way of parting them.
extension ExperimentReport {
    var slices: Page.Section? {
        let names = result.tables[0].models  // There is a table.
        let blocks = result.protocols.flatMap { Self.blocks($0.restricted(to: names)) }
        guard !blocks.isEmpty else { return nil }
        return Page.Section(title: "For whom", text: "The same results, for parts of the users.", blocks: blocks)
    }

    private static func blocks(_ result: RunResult) -> [Page.Block] {
        guard let slices = result.models.first?.slices else { return [] }
        var kinds: [(name: String, indices: [Int])] = []
        for (index, slice) in slices.enumerated() where slice.users > 0 {
            let kind = slice.name.prefix { $0 != ":" }
            if let last = kinds.last, last.name == kind {
                kinds[kinds.count - 1].indices.append(index)
            } else {
                kinds.append((String(kind), [index]))
            }
        }
        let hits = Metric(.hitRatio, at: result.headline.cutoff ?? 10)
        let metrics = [result.headline] + (result.metrics.contains(hits) && hits != result.headline ? [hits] : [])
        return kinds.flatMap { kind in
            (explanation(kind.name).map { [.note($0)] } ?? [])
                + metrics.map { .table(table(result, kind.name, kind.indices, slices, $0)) }
                + [.chart(chart(result, kind.name, kind.indices, slices))]
        }
    }

    private static func table(
        _ result: RunResult, _ kind: String, _ indices: [Int], _ slices: [RunResult.SliceFigures], _ metric: Metric
    ) -> Page.Table {
        var table = Page.Table(
            "\(metric) by \(words(kind)); \(result.protocol.candidates)",
            columns: [("model", false)] + indices.map { (short(slices[$0].name), true) })
        table.isHalf = indices.count < 3
        table.append([("users", "", false)] + indices.map { (slices[$0].users.grouped, "", false) })
        let values = result.models.map { model in
            let own = model.slices
            return indices.map { own[$0].metrics["\(metric)"] }
        }
        let best = indices.indices.map { column in values.lazy.map { $0[column] }.best }
        for (model, row) in zip(result.models, values) {
            table.append(
                [(model.name, "", false)]
                    + row.indices.map { column in
                        (row[column].map(Figures.metric) ?? "–", "", row[column] != nil && row[column] == best[column])
                    })
        }
        return table
    }

    private static func chart(
        _ result: RunResult, _ kind: String, _ indices: [Int], _ slices: [RunResult.SliceFigures]
    ) -> Page.Chart {
        let leaders = result.leaders
        let few = leaders.count < result.models.count ? ", the best \(leaders.count) models" : ""
        return Page.Chart(
            kind: .bar, title: "\(result.headline) by \(words(kind))\(few); \(result.protocol.candidates)",
            labels: indices.map { "\(short(slices[$0].name)) (\(slices[$0].users.grouped))" },
            series: leaders.map { model in
                let own = model.slices
                return .init(name: model.name, values: indices.map { own[$0].metrics["\(result.headline)"] })
            }, yTitle: "\(result.headline)", isWide: leaders.count * indices.count > 16)
    }

    /// What names of slices mean that do not say it themselves.
    private static func explanation(_ kind: String) -> String? {
        guard kind == "item-popularity" else { return nil }
        return
            "Items by how many interactions they have in training: the head holds the most popular items, which together "
            + "have \(Figures.percent(Slice.popularityShare, digits: 0)) of all interactions, the tail the least popular, "
            + "which have as many, and mid the others. A user counts where the targets are."
    }

    /// What a kind of slice goes by, for titles.
    private static func words(_ kind: String) -> String {
        switch kind {
        case "user-activity": "how active users are"
        case "item-popularity": "how popular targets are"
        case "auxiliary": "what the user did with the target before"
        case "user-interactions": "how many interactions users have"
        case "cold-start users": "how much is known of users"
        case "cold-start items": "how much is known of targets"
        case "cold-start": "whether users or targets are hardly known"
        default: kind
        }
    }

    /// `user-activity: active (…)` without its kind.
    private static func short(_ name: String) -> String {
        name.firstIndex(of: ":").map { String(name[name.index(after: $0)...].drop { $0 == " " }) } ?? name
    }
}

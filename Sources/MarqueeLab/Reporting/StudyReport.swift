internal import MarqueeEvaluation
internal import MarqueeRuntime

/// `report.html` of several experiments run together: who leads where, then each one's tables, parts of
/// the users and behaviors. The rest stands in each run's own report.
public struct StudyReport: Sendable {
    private let name: String
    private let results: [RunResult]

    /// - Precondition: there is a result.
    public init(_ name: String, _ results: [RunResult]) {
        self.name = name
        self.results = results
    }

    /// One file that needs no other and no network.
    public func html() throws -> String { try page().html() }

    func page() throws -> Page {
        var page = Page(
            title: name,
            lead: "\(results.count) experiments: " + results.map(\.experiment.name).joined(separator: ", ") + ".",
            footer: ExperimentReport.footer)
        page.hasContents = true
        page.sections = [try glance()]
        for result in results {
            let report = ExperimentReport(result)
            let prefix = "\(result.experiment.name): "
            for (index, section) in try report.study().enumerated() {
                var section = section
                section.title = prefix + section.title
                if index == 0 {
                    section.text = [report.lead, section.text].filter { !$0.isEmpty }.joined(separator: " ")
                }
                page.sections.append(section)
            }
            page.sections.append(
                Page.Section(
                    title: prefix + "data and configuration", text: "\(result.data.split).",
                    blocks: [.fold("experiment.yaml", try result.experiment.yaml())]))
        }
        return page
    }

    /// The best row and the best other one of each experiment's first table, in each protocol.
    private func glance() throws -> Page.Section {
        var table = Page.Table(
            "The first table of each experiment: its best row and the best other one, paired over users",
            columns: [
                ("experiment", false), ("protocol", false), ("by", false), ("best", false), ("", true),
                ("best other", false), ("", true),
                ("difference", true), ("p", true),
            ])
        for result in results {
            for single in result.protocols {
                let part = single.restricted(to: result.tables[0].models)
                let metric = part.headline
                let order = part.models.sorted { ($0.mean(metric) ?? 0) > ($1.mean(metric) ?? 0) }
                guard let best = order.first else { continue }
                var cells = [
                    (result.experiment.name, "", false), (part.protocol.candidates, "", false),
                    ("\(metric)", "", false),
                    (best.name, "", true), (best.mean(metric).map(Figures.metric) ?? "–", "", true),
                ]
                if let next = order.dropFirst().first {
                    let test = try PairedComparison(of: best.averaged(), with: next.averaged(), by: metric)
                    cells += [
                        (next.name, "", false), (next.mean(metric).map(Figures.metric) ?? "–", "", false),
                        (RunComparison.signed(test.difference), "", false), (RunComparison.p(test.pValue), "", false),
                    ]
                } else {
                    cells += Array(repeating: ("–", "", false), count: 4)
                }
                table.append(cells)
            }
        }
        return Page.Section(title: "At a glance", blocks: [.table(table)])
    }
}

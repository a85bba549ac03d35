internal import MarqueeData

/// How behaviors go together, and what models make of them.
extension ExperimentReport {
    var behaviors: Page.Section? {
        guard var section = DatasetPage(result.data.description).behaviors else { return nil }
        section.text = "Of the data before it is split."
        if let weights = learnedWeights(result.data.description.behaviors.map(\.name)) {
            section.blocks.append(weights)
        }
        return section
    }

    private func learnedWeights(_ names: [String]) -> Page.Block? {
        let models = result.models.compactMap { model in model.behaviorWeights.map { (name: model.name, weights: $0) } }
        guard !models.isEmpty else { return nil }
        return .chart(
            Page.Chart(
                kind: .bar, title: "Learned weights of behaviors", labels: names,
                series: models.map { model in .init(name: model.name, values: names.map { model.weights[$0] }) },
                yTitle: "weight",
                isWide: models.count * names.count > 16))
    }
}

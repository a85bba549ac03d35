/// Some of an experiment's models beside one another in its report:
///
///     tables:
///       - { title: "All models", models: [mbh-gnn] }
///       - { title: "Without each module", models: [mbh-gnn, no-attention, no-hops], against: mbh-gnn }
///
/// A model may stand in several tables; one that stands in none joins the first. Rows have the order of
/// the experiment.
public struct ModelTable: Sendable, Equatable, Codable {
    public var title: String
    public var models: [String]
    /// The model that the others are held against; nil for the best of the table.
    public var against: String?

    public init(title: String, models: [String], against: String? = nil) {
        self.title = title
        self.models = models
        self.against = against
    }
}

extension Experiment {
    /// The report's tables with all their models; one of all models when none are asked for.
    var resolvedTables: [ModelTable] {
        guard !tables.isEmpty else { return [ModelTable(title: "Comparison", models: models.map(\.name))] }
        let named = Set(tables.flatMap(\.models))
        return tables.enumerated().map { index, table in
            var table = table
            let own = Set(table.models)
            table.models = models.map(\.name).filter { own.contains($0) || index == 0 && !named.contains($0) }
            return table
        }
    }
}

/// Where statistics are read from; all that a server needs whose features another engine writes.
public protocol ReadableFeatureStore: Sendable {
    /// The statistics of keys, nil where there is none yet, in one round trip.
    func values(of keys: [FeatureKey]) async throws(FeatureStoreError) -> [Statistic?]
    /// How many statistics it keeps in this process; nil for a store elsewhere.
    var statisticCount: Int? { get }
}

extension ReadableFeatureStore {
    public var statisticCount: Int? { nil }
}

/// Where statistics live: whole values by key, and for every feature its mark, the last event of the log that is in
/// its values.
///
/// The contract, held by one behavior suite: values and marks change together or not at all, also when
/// the store or this process dies in between; whoever reads after a write has returned reads what was
/// written; what was read is a value as it was written, never a part of one. One writer writes a store.
public protocol FeatureStore: ReadableFeatureStore {
    /// For every feature, by ``FeatureDefinition/label``, the sequence number of the last event that is in its values.
    func marks() async throws(FeatureStoreError) -> [String: Int64]

    /// Takes observations in, and replaces the marks given.
    /// - Throws: ``FeatureStoreError/marksChanged`` when the marks stored are not `expected`: the store
    ///   lost something, or somebody else writes it. Then nothing was changed.
    func update(
        _ updates: [FeatureUpdate], marks: [String: Int64], expected: [String: Int64]
    ) async throws(FeatureStoreError)

    /// Forgets features by their labels, values and marks.
    func forget(_ labels: Set<String>) async throws(FeatureStoreError)

    /// The keys of a feature whose entity's field at an index is one of `names`.
    /// - Parameter width: how many fields name its entities.
    func keys(_ label: String, named names: Set<String>, at field: Int, of width: Int)
        async throws(FeatureStoreError) -> [FeatureKey]

    /// Forgets the values of keys; marks stay.
    func forget(_ keys: [FeatureKey]) async throws(FeatureStoreError)
}

extension FeatureKey {
    /// Whether the field at an index is one of `names`, byte for byte.
    func isNamed(_ names: Set<String>, at field: Int) -> Bool {
        let fields = entity.split(separator: Self.separator, omittingEmptySubsequences: false)
        return field < fields.count && names.contains { $0.hasSameBytes(as: String(fields[field])) }
    }
}

/// An observation on its way to a statistic.
public struct FeatureUpdate: Sendable {
    public let key: FeatureKey
    public let rule: StatisticRule
    public let observation: Observation

    public init(key: FeatureKey, rule: StatisticRule, observation: Observation) {
        self.key = key
        self.rule = rule
        self.observation = observation
    }
}

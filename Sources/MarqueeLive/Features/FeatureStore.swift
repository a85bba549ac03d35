/// Where statistics live: whole values by key, and for every feature the place in the log up to which
/// events are in its values.
///
/// The contract, held by one behavior suite: values and marks change together or not at all, also when
/// the store or this process dies in between; whoever reads after a write has returned reads what was
/// written; what was read is a value as it was written, never a part of one. One engine writes a store.
public protocol FeatureStore: Sendable {
    /// The statistics of keys, nil where there is none yet.
    func values(of keys: [FeatureKey]) async throws(FeatureStoreError) -> [Statistic?]

    /// For every feature, by ``FeatureDefinition/label``, the place of the last event that is in its values.
    func marks() async throws(FeatureStoreError) -> [String: Int64]

    /// Takes observations in, and replaces the marks given.
    /// - Throws: ``FeatureStoreError/marksChanged`` when the marks stored are not `expected`: the store
    ///   lost something, or somebody else writes it. Then nothing was changed.
    func update(
        _ updates: [FeatureUpdate], marks: [String: Int64], expected: [String: Int64]
    ) async throws(FeatureStoreError)

    /// Forgets features by their labels, values and marks.
    func forget(_ labels: Set<String>) async throws(FeatureStoreError)
}

/// Names a statistic: a feature by its label, and an entity.
public struct FeatureKey: Sendable, Hashable {
    public let label: String
    /// The entity's fields, joined by U+001F, which no field can hold.
    public let entity: String
    // Keys are hashed for their shard and for its table: once is enough.
    let hash: Int

    public init(label: String, entity: String) {
        self.label = label
        self.entity = entity
        var hasher = Hasher()
        hasher.combine(label)
        hasher.combine(entity)
        hash = hasher.finalize()
    }

    public init(label: String, fields: [String]) {
        self.init(label: label, entity: fields.count == 1 ? fields[0] : fields.joined(separator: "\u{1F}"))
    }

    public static func == (a: Self, b: Self) -> Bool { a.hash == b.hash && a.entity == b.entity && a.label == b.label }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
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

/// A feature store does not answer, or not as it should.
public enum FeatureStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    case unavailable(String)
    /// It has started and still reads its data.
    case loading
    case refused(String)
    case marksChanged
    case damaged(String)

    public var description: String {
        switch self {
        case .unavailable(let reason): "the feature store does not answer: \(reason); is it running?"
        case .loading: "the feature store still loads its data; it is tried again"
        case .refused(let reason): "the feature store refuses: \(reason)"
        case .marksChanged:
            "the feature store changed behind the engine's back; its features are read again from the log"
        case .damaged(let what):
            "\(what): not what was written there; delete it, and the features are computed again from the log"
        }
    }

    /// Whether trying again, after reading the marks again, can help.
    public var isTransient: Bool {
        if case .damaged = self { false } else { true }
    }
}

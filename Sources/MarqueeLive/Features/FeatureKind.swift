public import MarqueeRuntime

/// A kind of feature, such as ``CountFeature``: the settings that a definition file gives it, and what follows
/// from them.
///
/// A kind is one file in `Kinds/` and one line in ``FeatureKinds``; nothing else knows it. Most kinds keep a
/// statistic of their own (``StoredFeatureKind``); a ``DerivedFeatureKind`` reads another feature's.
public protocol FeatureKind: Sendable, Equatable {
    /// As definition files spell it: `decayed-count`.
    static var name: String { get }

    /// Reads the settings of a definition file.
    /// - Throws: `ConfigurationError` with the line, and what would be right.
    init(_ settings: FeatureSettings) throws(ConfigurationError)

    /// The settings that decide what is stored, in the order in which a feature's label spells them.
    ///
    /// They name the state in a store, and another engine's plan lists them: never reorder them. A setting that
    /// matters at reading alone, as a ratio's prior, is not among them.
    var storedSettings: [StoredSetting] { get }

    /// Whether it keeps a statistic or reads another feature's; ``StoredFeatureKind`` and ``DerivedFeatureKind`` say it.
    var role: FeatureRole { get }
}

/// Where the values of a kind come from.
public enum FeatureRole: Sendable {
    /// From a statistic of its own.
    case stored(any StoredFeatureKind)
    /// From the statistics of another feature.
    case derived(any DerivedFeatureKind)
}

/// A kind that keeps a statistic of every entity, and makes its value of it.
public protocol StoredFeatureKind: FeatureKind {
    /// What is kept of an entity.
    static var statistic: any MergeableStatistic.Type { get }

    /// The events that it observes.
    var eventTypes: Set<EventType> { get }
    /// How observations become the statistic.
    var rule: StatisticRule { get }
    /// What an event of one of ``eventTypes`` contributes; nil for nothing.
    func observation(of event: Event) -> Observation?
    /// What a statistic says at a time (milliseconds since 1970); nil where nothing was observed.
    func value(of statistic: Statistic?, at time: Int64) -> FeatureValue
}

/// A kind that stores nothing: it reads the statistics that another feature keeps of an entity's friends.
public protocol DerivedFeatureKind: FeatureKind {
    /// The name of the feature whose statistics it reads.
    var source: String { get }
    /// The kind that ``source`` must be of.
    static var sourceKind: any StoredFeatureKind.Type { get }
    /// What the friends' statistics say at a time (milliseconds since 1970); nil for a friend of whom nothing is known.
    func value(of statistics: [Statistic?], at time: Int64) -> FeatureValue
}

/// A setting that decides what is stored for a feature.
public struct StoredSetting: Sendable, Equatable {
    /// As a plan spells it: `halfLife`.
    public let key: String
    public let value: Value

    public enum Value: Sendable, Equatable {
        case types(Set<EventType>)
        /// A duration in milliseconds, or a number of things.
        case whole(Int64)
        case text(String)
    }

    public init(_ key: String, _ value: Value) {
        self.key = key
        self.value = value
    }
}

extension StoredSetting.Value: CustomStringConvertible {
    /// As labels spell it; event types in the order of their bytes.
    public var description: String {
        switch self {
        case .types(let types): types.map(\.rawValue).sorted().joined(separator: ",")
        case .whole(let number): "\(number)"
        case .text(let text): text
        }
    }
}

extension StoredFeatureKind {
    public var role: FeatureRole { .stored(self) }
}

extension DerivedFeatureKind {
    public var role: FeatureRole { .derived(self) }
}

extension FeatureKind {
    func isEqual(to other: any FeatureKind) -> Bool { other as? Self == self }
}

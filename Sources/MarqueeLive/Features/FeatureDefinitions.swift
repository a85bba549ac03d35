public import Foundation
public import MarqueeRuntime

/// The definition file: entities, and features of them.
///
/// ```yaml
/// entities:
///   user: user
///   item: item
///   taste: [user, context.category]
///   interest: [user, word]
///   item-device: [item, device]
/// features:
///   item-clicks:    { entity: item,  count: click }
///   item-heat:      { entity: item,  decayed-count: { of: [click, view], half-life: 6h } }
///   user-spend:     { entity: user,  decayed-sum: { of: purchase, half-life: 30d } }
///   item-sales:     { entity: item,  windowed-count: { of: purchase, bucket: 1h, buckets: 24 } }
///   item-ctr:       { entity: item,  ratio: { of: click, over: impression, bucket: 1h, buckets: 24, prior: 0.05, strength: 20 } }
///   user-recent:    { entity: user,  last: { of: click, keep: 20 } }
///   user-idle:      { entity: user,  time-since: click }
///   user-gaze:      { entity: user,  gaze-grid: { columns: 8, rows: 6, half-life: 1h } }
///   item-speed:     { entity: item,  mean: { of: scroll, number: context.speed, half-life: 30d } }
///   user-searched:  { entity: interest, decayed-count: { of: search, half-life: 7d } }
///   item-devices:   { entity: item-device, count: click }
///   friends-recent: { entity: user,  friends: { recent: user-recent, keep: 20 } }
///   taste:          { entity: taste, decayed-count: { of: click, half-life: 7d }, where: { domain: video } }
/// ```
public struct FeatureDefinitions: Sendable, Equatable {
    public let features: [FeatureDefinition]
    private let indices: [String: Int]

    public init(_ features: [FeatureDefinition]) {
        self.features = features
        indices = Dictionary(features.indices.map { (features[$0].name, $0) }) { first, _ in first }
    }

    /// The feature of that name.
    public subscript(name: String) -> FeatureDefinition? { indices[name].map { features[$0] } }

    func index(of name: String) -> Int? { indices[name] }

    /// - Throws: `ConfigurationError` naming file, line and what would be right; `FileError`.
    public init(contentsOf url: URL) throws { try self.init(FeatureFile.features(ConfigDocument(contentsOf: url))) }

    /// - Parameter file: how errors call the source.
    public init(yaml: String, file: String = "features.yaml") throws(ConfigurationError) {
        try self.init(FeatureFile.features(ConfigDocument(yaml: yaml, file: file)))
    }
}

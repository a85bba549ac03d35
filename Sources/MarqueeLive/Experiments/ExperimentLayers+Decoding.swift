internal import MarqueeRuntime

extension ExperimentLayers {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        // A mapping has no order of its own; layers do not depend on it.
        let layers = try container.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
            Layer($0.stringValue, try container.decode([Experiment].self, forKey: $0))
        }
        try self.init(layers)
    }
}

extension ExperimentLayers.Experiment {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, share, arms }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            share: try container.decodeIfPresent(Double.self, forKey: .share) ?? 1,
            arms: try container.decode([String: Double].self, forKey: .arms).sorted { $0.key < $1.key }.map {
                .init($0.key, $0.value)
            })
    }
}

internal import MarqueeRuntime

extension Experiments: Decodable {
    public init(from decoder: any Decoder) throws {
        let all = try decoder.singleValueContainer().decode([Experiment].self)
        do { try self.init(all) } catch { throw DecodingError.complaint("\(error)", at: decoder.codingPath) }
    }
}

extension Experiments.Experiment: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, layer, share, effect, arms }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            try values.decode(String.self, forKey: .name),
            layer: try values.decodeIfPresent(String.self, forKey: .layer) ?? "main",
            share: try values.decodeIfPresent(Double.self, forKey: .share) ?? 1,
            effect: try values.decodeIfPresent(Double.self, forKey: .effect) ?? 0.05,
            arms: try values.decode([Experiments.Arm].self, forKey: .arms))
    }
}

extension Experiments.Arm: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, share, policy }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            try values.decode(String.self, forKey: .name), try values.decode(Double.self, forKey: .share),
            policy: try values.decodeIfPresent(PolicySpec.self, forKey: .policy)?.policy)
    }
}

internal import MarqueeData
internal import MarqueeRuntime

/// Of which behaviors a model makes its history, and how much each counts. In YAML
/// `behaviors: target` (the default), `behaviors: all`, `behaviors: [view, buy]` or
/// `behaviors: { view: 0.5, buy: 1 }`.
public enum BehaviorWeights: Sendable, Equatable {
    /// The target behavior alone.
    case target
    /// Every behavior, each with weight 1.
    case all
    /// These, each with weight 1.
    case named([String])
    /// These, each with its weight.
    case weighted([String: Float])

    /// What makes these weights unusable; nil when nothing does.
    var problem: String? {
        guard case .weighted(let weights) = self else {
            return self == .named([]) ? "behaviors must not be empty" : nil
        }
        if weights.isEmpty { return "behaviors must not be empty" }
        return weights.values.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "weights of behaviors must be positive"
    }
}

extension BehaviorWeights: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let word = try? container.decode(String.self) {
            switch word {
            case "target": self = .target
            case "all": self = .all
            default: self = .named([word])
            }
        } else if let names = try? container.decode([String].self) {
            self = .named(names)
        } else {
            self = .weighted(try container.decode([String: Float].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .target: try container.encode("target")
        case .all: try container.encode("all")
        case .named(let names): try container.encode(names)
        case .weighted(let weights): try container.encode(weights)
        }
    }
}

extension TrainingSet {
    /// The index of a behavior.
    func behavior(_ name: String, for model: String) throws -> Int {
        guard let index = behaviorNames.firstIndex(of: name) else {
            throw ModelError.badConfig(
                model: model, reason: Spelling.complaint(unknown: "behavior", name, valid: behaviorNames))
        }
        return index
    }

    /// Every behavior but the target.
    var auxiliary: [Int] { behaviors.indices.filter { $0 != target } }
}

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
    /// Σ over behaviors b of w_b R_b, users × items; the target's binary matrix itself for ``BehaviorWeights/target``.
    /// - Throws: ``ModelError/badConfig(model:reason:)`` for a behavior that the data lacks; it lists those there are.
    func matrix(of weights: BehaviorWeights, for model: String) throws -> InteractionMatrix {
        switch weights {
        case .target: interactions
        case .all: sum(behaviors.map { ($0, 1) })
        case .named(let names): sum(try names.map { (behaviors[try behavior($0, for: model)], 1) })
        case .weighted(let weights): try matrix(of: weights, for: model)
        }
    }

    /// The same with a weight by behavior's name.
    func matrix(of weights: [String: Float], for model: String) throws -> InteractionMatrix {
        // In the log's order, so that sums round alike every time.
        let indices = try weights.map { (try behavior($0.key, for: model), $0.value) }.sorted { $0.0 < $1.0 }
        return sum(indices.map { (behaviors[$0.0], $0.1) })
    }

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

    private func sum(_ terms: [(matrix: InteractionMatrix, weight: Float)]) -> InteractionMatrix {
        let empty = InteractionMatrix(
            rowCount: userCount, columnCount: itemCount, offsets: Array(repeating: 0, count: userCount + 1),
            columns: [], values: [])
        return terms.reduce(empty) { $0.adding($1.matrix, weight: $1.weight) }
    }
}

extension InteractionMatrix {
    /// This matrix plus `weight` times another of the same shape. Linear in the entries of both.
    func adding(_ other: InteractionMatrix, weight: Float) -> InteractionMatrix {
        precondition(rowCount == other.rowCount && columnCount == other.columnCount)
        var offsets = [0]
        var columns: [Int32] = []
        var values: [Float] = []
        offsets.reserveCapacity(rowCount + 1)
        columns.reserveCapacity(entryCount + other.entryCount)
        values.reserveCapacity(entryCount + other.entryCount)
        for row in 0..<rowCount {
            var (left, right) = (self.offsets[row], other.offsets[row])
            let (leftEnd, rightEnd) = (self.offsets[row + 1], other.offsets[row + 1])
            while left < leftEnd || right < rightEnd {
                let a = left < leftEnd ? self.columns[left] : .max
                let b = right < rightEnd ? other.columns[right] : .max
                columns.append(min(a, b))
                values.append((a <= b ? self.values[left] : 0) + (b <= a ? weight * other.values[right] : 0))
                if a <= b { left += 1 }
                if b <= a { right += 1 }
            }
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: columns, values: values)
    }

    /// The values of a row, beside its columns.
    func values(of row: Int32) -> ArraySlice<Float> { values[offsets[Int(row)]..<offsets[Int(row) + 1]] }

    /// Sums of values by row.
    func rowSums() -> [Float] {
        (0..<Int32(rowCount)).map { values(of: $0).reduce(0, +) }
    }

    /// Sums of values by column; the counts of a binary matrix, exact up to 2²⁴.
    func columnSums() -> [Float] {
        var sums = [Float](repeating: 0, count: columnCount)
        for (column, value) in zip(columns, values) { sums[Int(column)] += value }
        return sums
    }

    /// Whether every value is 1.
    var isBinary: Bool { values.allSatisfy { $0 == 1 } }
}

public import MarqueeData
internal import MarqueeEvaluation

/// How a history becomes the row of numbers that a model was fitted to: r_i = Σ w_b over the behaviors b that were done
/// to item i, however often.
///
/// For the history of the fit the row equals the user's row of the training matrix to the last bit: sums are taken in
/// the order of the behaviors. It is saved with the model, since histories name behaviors by index.
public struct HistoryWeights: Sendable, Equatable {
    /// w, by behavior; 0 for behaviors that do not count.
    public let weights: [Float]

    /// - Parameter weights: by behavior; behaviors past the end do not count.
    public init(_ weights: [Float]) { self.weights = weights }

    /// One behavior alone, with weight 1.
    public init(behavior: Int) {
        weights = (0...behavior).map { $0 == behavior ? 1 : 0 }
    }

    /// The one behavior of data that has no other: what files from before models kept behaviors mean.
    public static let single = HistoryWeights(behavior: 0)

    /// Whether doing `behavior` counts.
    public func counts(_ behavior: UInt8) -> Bool { Int(behavior) < weights.count && weights[Int(behavior)] != 0 }

    /// One row a history: histories × items. O(n log n) in the events of a history.
    public func rows(of histories: some Sequence<History>, itemCount: Int) -> InteractionMatrix {
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        var keys: [Int64] = []
        for history in histories {
            keys.removeAll(keepingCapacity: true)
            // Items ascending, and behaviors ascending within an item.
            for event in history where counts(event.behavior) {
                keys.append(Int64(event.item) << 8 | Int64(event.behavior))
            }
            keys.sort()
            let start = columns.count
            for (k, key) in keys.enumerated() where k == 0 || keys[k - 1] != key {
                let (item, weight) = (Int32(key >> 8), weights[Int(key & 255)])
                if columns.count > start, columns[columns.count - 1] == item {
                    values[values.count - 1] += weight
                } else {
                    columns.append(item)
                    values.append(weight)
                }
            }
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: offsets.count - 1, columnCount: itemCount, offsets: offsets, columns: columns, values: values)
    }

    /// One row a query.
    func rows(of queries: [Query], itemCount: Int) -> InteractionMatrix {
        rows(of: queries.lazy.map(\.history), itemCount: itemCount)
    }
}

extension TrainingSet {
    /// The weights by index.
    /// - Throws: ``ModelError/badConfig(model:reason:)`` for a behavior that the data lacks; it lists those there are.
    func historyWeights(_ weights: BehaviorWeights, for model: String) throws -> HistoryWeights {
        switch weights {
        case .target: targetWeights
        case .all: HistoryWeights(behaviors.map { _ in 1 })
        case .named(let names): try historyWeights(names.map { ($0, 1) }, for: model)
        case .weighted(let weights): try historyWeights(weights.map { ($0.key, $0.value) }, for: model)
        }
    }

    /// The same of weights by name; those of a name that is repeated add up.
    func historyWeights(_ weights: [(name: String, weight: Float)], for model: String) throws -> HistoryWeights {
        var sums = [Float](repeating: 0, count: behaviors.count)
        for (name, weight) in weights { sums[try behavior(name, for: model)] += weight }
        return HistoryWeights(sums)
    }

    /// The target behavior alone.
    var targetWeights: HistoryWeights { HistoryWeights(behavior: target) }

    /// Σ over behaviors b of w_b R_b, users × items; the target's binary matrix itself where only that counts.
    func matrix(of weights: HistoryWeights) -> InteractionMatrix {
        if weights == targetWeights { return interactions }
        return zip(behaviors, weights.weights).filter { $0.1 != 0 }.reduce(
            InteractionMatrix(rowCount: userCount, columnCount: itemCount)
        ) { $0.adding($1.0, weight: $1.1) }
    }
}

extension Artifact {
    /// Stores weights by behavior under `name`.
    mutating func store(_ weights: HistoryWeights, _ name: String = "behavior-weights") {
        store(weights.weights, name, shape: [weights.weights.count])
    }

    /// The weights stored under `name`; ``HistoryWeights/single`` where there are none, as in older files.
    func historyWeights(_ name: String = "behavior-weights") throws -> HistoryWeights {
        guard tensors[name] != nil else { return .single }
        return HistoryWeights(try floats(name, shape: shape(name, rank: 1)))
    }
}

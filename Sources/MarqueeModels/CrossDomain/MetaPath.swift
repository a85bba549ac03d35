internal import CMarqueeKernels
internal import MarqueeData
public import MarqueeRuntime

/// A meta-path: the types that walks from a user to items go through, written `user-item-director-item`.
///
/// What walks along it say is x_u M. x_u are the nodes that u is linked to by the first step; M carries each of them to
/// items over the steps that follow, with every step's links weighed by D^-½ A D^-½, and keeps of each item those nodes
/// that say most for it. No item speaks for itself (PathSim's symmetric paths, Sun et al., VLDB 2011; HERec, Shi et al.,
/// TKDE 2019).
public struct MetaPath: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Types in order, the first `user`, the last `item`.
    public let types: [String]

    public var description: String { types.joined(separator: "-") }

    public init(_ text: String) throws(ConfigurationError) {
        types = text.split(separator: "-", omittingEmptySubsequences: false).map { String($0) }
        guard types.count >= 3, types.first == "user", types.last == "item", !types.contains("") else {
            throw ConfigurationError(
                "meta-path '\(text)': it leads from a user over others to items; write one such as "
                    + "'user-item-user-item' or 'user-item-category-item'")
        }
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do { try self.init(text) } catch {
            throw ConfigurationError(at: decoder.codingPath.map { AnyCodingKey($0) }, error.reason)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Whether walks begin at what the user did, so that anybody's history can be asked.
    var readsHistory: Bool { types[1] == "item" }

    /// Whether a user's own interactions are among the links after the first step.
    var meetsUsers: Bool { types.dropFirst().contains("user") }

    /// - Throws: ``ModelError/badConfig(model:reason:)`` for a step that nothing links; it lists the types.
    func check(_ network: TypedNetwork, model: String) throws(ModelError) {
        for (from, to) in zip(types, types.dropFirst()) where network.links[[from, to]] == nil {
            throw .badConfig(
                model: model,
                reason: "meta-path '\(self)': nothing links \(from) to \(to); the data has "
                    + network.types.joined(separator: ", "))
        }
    }

    /// M, nodes of the second type × items, without the interactions of `hidden` users; each item keeps the `neighbors`
    /// greatest.
    ///
    /// O(items · links that are reached), in parallel over items.
    func weights(
        _ network: TypedNetwork, neighbors: Int, hiding hidden: (_ user: Int32) -> Bool = { _ in false },
        pool: WorkerPool
    ) -> InteractionMatrix {
        // From the item back to the second type.
        let steps = zip(types.dropFirst(), types.dropFirst(2)).reversed().map { from, to -> InteractionMatrix in
            var matrix = network.links[[from, to]] ?? InteractionMatrix(rowCount: 0, columnCount: 0)
            if from == "user" { matrix = matrix.choosing { user, entries in hidden(user) ? [] : Array(entries) } }
            if to == "user" { matrix = matrix.choosing { _, users in users.filter { !hidden($0) } } }
            return matrix.normalized().transposed()
        }
        let itemCount = steps.first?.rowCount ?? network.links[["user", "item"]]?.columnCount ?? 0
        let nodeCount = steps.last?.columnCount ?? itemCount
        let isReturning = types[1] == "item"
        let blockSize = 64
        let blocks = pool.map((itemCount + blockSize - 1) / blockSize) { block -> [[mq_scored]] in
            var sums = steps.map { [Float](repeating: 0, count: $0.columnCount) }
            var best = [mq_scored](repeating: mq_scored(), count: max(1, min(neighbors, nodeCount)))
            return (block * blockSize..<min(itemCount, (block + 1) * blockSize)).map { item in
                var (reached, values) = ([Int32(item)], [Float(1)])
                for (k, step) in steps.enumerated() {
                    sums[k].withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
                    step.add(reached[...], weights: values[...], to: &sums[k])
                    guard k < steps.count - 1 else { break }
                    reached = sums[k].indices.filter { sums[k][$0] > 0 }.map { Int32($0) }
                    values = reached.map { sums[k][Int($0)] }
                }
                guard var last = sums.last else { return [] }
                if isReturning { last[item] = 0 }
                var kept = 0
                mq_best_update(last, last.count, 0, &best, &kept, best.count)
                return best[..<kept].filter { $0.score > 0 }.sorted { $0.item < $1.item }
            }
        }
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        for row in blocks.joined() {
            columns += row.map(\.item)
            values += row.map(\.score)
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: itemCount, columnCount: nodeCount, offsets: offsets, columns: columns, values: values
        ).transposed()
    }
}

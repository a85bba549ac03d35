internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// Ridge regression between two domains by its people: G = (X Xᵀ + λI)⁻¹ over those who are known in both.
///
/// X holds what they did in the source, Y what they did in the target, people × items. The regression from source to
/// target, B = Xᵀ G Y, scores a history x as (G X xᵀ)ᵀ Y: people of the fit, each with a weight, and what they did. So it
/// needs people² floats in place of source items × target items, and says exactly what it would say of a person of the
/// fit had they not been in it (the leave-one-out identity of kernel ridge regression; Golub, Heath and Wahba,
/// Technometrics 1979): −G_uv / G_uu is the weight of person v for person u.
struct UserGram: Sendable {
    /// Those of the fit, ascending.
    let users: [Int32]
    /// X, people × source items, and the same by item.
    let source: InteractionMatrix
    private let byItem, targetByItem: InteractionMatrix
    /// Y, people × target items.
    let target: InteractionMatrix
    /// G, [people, people].
    let inverse: [Float]

    init(users: [Int32], source: InteractionMatrix, target: InteractionMatrix, inverse: [Float]) {
        self.users = users
        self.source = source
        self.target = target
        self.inverse = inverse
        byItem = source.transposed()
        targetByItem = target.transposed()
    }

    /// - Parameters:
    ///   - source: all users × source items.
    ///   - target: all users × target items.
    init(
        from source: InteractionMatrix, to target: InteractionMatrix, regularization: Float, model: String,
        pool: WorkerPool
    ) throws {
        let users = (0..<Int32(source.rowCount)).filter { !source[$0].isEmpty && !target[$0].isEmpty }
        let (x, y) = (source.selecting(rows: users), target.selecting(rows: users))
        let count = users.count
        let bytes = count * count * MemoryLayout<Float>.size
        guard bytes < Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2 else {
            throw ModelError.unfit(
                model: model,
                reason: "\(count) people in two domains need \(Figures.bytes(bytes)); sample users, or leave ridge out")
        }
        var gram = [Float](repeating: 0, count: count * count)
        x.transposed().fillTransposedProduct(with: x.transposed(), &gram, pool: pool)
        try GramInverse.overwriteWhole(&gram, count, regularization: regularization, model: model)
        self.init(users: users, source: x, target: y, inverse: gram)
    }

    /// The weight of each person of the fit for a history of source items; for a person of the fit, as if they had not
    /// been in it.
    func weights(of history: some Sequence<Int32>, as user: Int32? = nil) -> [Float] {
        let count = users.count
        if let user, let own = users.firstIndex(sorted: user) {
            let scale = -1 / inverse[own * count + own]
            return (0..<count).map { $0 == own ? 0 : scale * inverse[own * count + $0] }
        }
        var weights = [Float](repeating: 0, count: count)
        var kernel: [Int32: Float] = [:]
        for item in history {
            for person in byItem[item] { kernel[person, default: 0] += 1 }
        }
        weights.withUnsafeMutableBufferPointer { weights in
            inverse.withUnsafeBufferPointer { inverse in
                for (person, value) in kernel.sorted(by: { $0.key < $1.key }) {
                    let row = Int(person) * count
                    for k in 0..<count { weights[k] += value * inverse[row + k] }
                }
            }
        }
        return weights
    }

    /// The score of one target item.
    func score(_ item: Int32, _ weights: [Float]) -> Float {
        targetByItem[item].reduce(0) { $0 + weights[Int($1)] }
    }

    /// Scores of all target items: weightsᵀ Y.
    func scores(_ weights: [Float]) -> [Float] {
        var sums = [Float](repeating: 0, count: target.columnCount)
        let people = (0..<Int32(users.count)).map { $0 }
        target.add(people[...], weights: weights[...], to: &sums)
        return sums
    }
}

extension InteractionMatrix {
    /// Some of the rows, in the order given.
    func selecting(rows: [Int32]) -> InteractionMatrix {
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        for row in rows {
            columns += self[row]
            values += self.values(of: row)
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: rows.count, columnCount: columnCount, offsets: offsets, columns: columns, values: values)
    }
}

extension Artifact {
    mutating func store(integers: [Int32], _ name: String) { tensors[name] = StoredTensor(integers) }
}

extension UserGram {
    init(from artifact: borrowing Artifact) throws {
        let users = try artifact.integers("users")
        let (source, target) = (try artifact.matrix("source"), try artifact.matrix("target"))
        guard source.rowCount == users.count, target.rowCount == users.count,
            zip(users, users.dropFirst()).allSatisfy(<)
        else { throw ModelError.badArtifact(path: "users", reason: "people and matrices disagree") }
        self.init(
            users: users, source: source, target: target,
            inverse: try artifact.floats("inverse", shape: [users.count, users.count]))
    }

    func save(to artifact: inout Artifact) {
        artifact.store(integers: users, "users")
        artifact.store(source, "source")
        artifact.store(target, "target")
        artifact.store(inverse, "inverse", shape: [users.count, users.count])
    }
}

internal import CMarqueeKernels
internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// What counting knows of what comes next, as the wide input of a sequence network: where counting is ahead of learning,
/// the network has to know it.
///
///     logit(h, i) = state · E_i + Σ_f w_f(state) · m_f(h, i),   w(state) = W state + b       (``MemoryGate``)
///
///     transitions:  m = ln(s(h, i) / Σ_j s(h, j) + backoff · q(i)),   s(h, i) = Σ over the events j of h of
///                                           recency^age · C[j, i] / count(j)^source-damping      (see ``Transitions``)
///     company:      the same of C + Cᵀ, what came near, before or after, with `company-recency`
///     popularity:   m = ln q(i),   q(i) = (count(i) + 1) / (events + items)
///
/// A network that is trained on histories that were counted too would learn that counts are always right: they hold what
/// it is to predict. So the users are cut into `folds`, and while the network is trained a user's counts are those of the
/// others' folds alone: nothing that a user does changes what is remembered for them. Asked later, all that was learned
/// from counts.
///
/// Fitting is O(folds · events · window); an event of a history costs what follows its item, an answer O(items).
struct CountedMemory: Sendable {
    /// What was counted of some users.
    final class Counts: Sendable {
        /// C and C + Cᵀ, rows divided by count(j)^source-damping; nil where they are not asked for.
        fileprivate let transitions, company: InteractionMatrix?
        /// Their rows' sums.
        fileprivate let transitionSums, companySums: [Float]
        /// q, ln q and backoff · q.
        fileprivate let popularity, logarithms, floor: [Float]

        fileprivate init(
            transitions: InteractionMatrix?, company: InteractionMatrix?, popularity: [Float], _ config: MemoryConfig
        ) {
            self.transitions = transitions
            self.company = company
            transitionSums = transitions?.rowSums() ?? []
            companySums = company?.rowSums() ?? []
            self.popularity = popularity
            logarithms = popularity.map { log($0) }
            floor = popularity.map { config.backoff * $0 }
        }
    }

    let config: MemoryConfig
    /// Of everybody: what is asked later.
    let whole: Counts
    /// Of all but a fold's users, by fold; empty of a memory that is only asked.
    private let folds: [Counts]
    private let itemCount: Int

    /// - Parameter target: the behavior that is predicted.
    init(_ config: MemoryConfig, histories: UserHistories, itemCount: Int, target: UInt8) {
        func counted(_ isCounted: @escaping (Int) -> Bool) -> Counts {
            .counted(config, histories, itemCount: itemCount, target: target, where: isCounted)
        }
        self.config = config
        self.itemCount = itemCount
        whole = counted { _ in true }
        folds = (0..<config.folds).map { fold in counted { $0 % config.folds != fold } }
    }

    /// What a user of the fit may know while the network is trained: what others did.
    func counts(without user: Int32) -> Counts { folds[Int(user) % folds.count] }

    /// The wide input of rows of states, in ascending order.
    /// - Parameters:
    ///   - weights: [rows, features].
    ///   - place: of a row, whose history it is and how many of its events are known there; histories ascend, and
    ///     places within each.
    ///   - history: the k-th, with the counts that it may know.
    func input(
        weights: Tensor, place: @escaping (_ row: Int) -> (history: Int, known: Int),
        history: @escaping (_ k: Int) -> (events: History, counts: Counts)
    ) -> WideInput {
        var walk = Walk(config, itemCount: itemCount)
        var current: (k: Int, events: History, counts: Counts)?
        return WideInput(weights: weights) { rows, inputs in
            for row in rows {
                let place = place(row)
                if current?.k != place.history {
                    let (events, counts) = history(place.history)
                    current = (place.history, events, counts)
                    walk.begin()
                }
                guard let (_, events, counts) = current else { continue }
                walk.read(events, upTo: place.known, counts)
                walk.write(counts, to: inputs, row: row - rows.lowerBound, of: rows.count)
            }
        }
    }

}

extension CountedMemory.Counts {
    fileprivate static func counted(
        _ config: MemoryConfig, _ histories: UserHistories, itemCount: Int, target: UInt8,
        where isCounted: (Int) -> Bool
    ) -> CountedMemory.Counts {
        var (own, next) = ([Float](repeating: 0, count: itemCount), [Float](repeating: 1, count: itemCount))
        for user in (0..<histories.userCount).filter(isCounted) {
            for event in histories[Int32(user)] {
                own[Int(event.item)] += 1
                if event.behavior == target { next[Int(event.item)] += 1 }
            }
        }
        let total = next.reduce(0, +)
        let wanted = Set(config.counts)
        var pairs: InteractionMatrix?
        if wanted.contains(.transitions) || wanted.contains(.company) {
            let counting = Transitions.Config {
                $0.window = config.window
                $0.decay = config.decay
                $0.damping = 0
                $0.sourceDamping = 0
            }
            pairs = Transitions.counted(histories, counting, itemCount: itemCount, target: target, where: isCounted)
        }
        let damping = own.map { $0 > 0 ? pow($0, -config.sourceDamping) : 0 }
        return CountedMemory.Counts(
            transitions: wanted.contains(.transitions) ? pairs?.scalingRows(damping) : nil,
            company: wanted.contains(.company)
                ? pairs.map { $0.adding($0.transposed(), weight: 1).scalingRows(damping) } : nil,
            popularity: next.map { $0 / total }, config)
    }
}

/// Counts as a history is read, event by event.
private struct Walk {
    private struct Sums {
        /// s of every item, and its sum.
        let values: AlignedBuffer<Float>
        var total: Float = 0
    }

    private let config: MemoryConfig
    private let itemCount: Int
    private var transitions, company: Sums
    private var known = 0

    init(_ config: MemoryConfig, itemCount: Int) {
        self.config = config
        self.itemCount = itemCount
        transitions = Sums(values: AlignedBuffer(repeating: 0, count: itemCount))
        company = Sums(values: AlignedBuffer(repeating: 0, count: itemCount))
    }

    /// Forgets the history.
    mutating func begin() {
        known = 0
        transitions.values.pointer.update(repeating: 0, count: itemCount)
        company.values.pointer.update(repeating: 0, count: itemCount)
        (transitions.total, company.total) = (0, 0)
    }

    /// Reads on until so many events are known.
    mutating func read(_ events: History, upTo count: Int, _ counts: CountedMemory.Counts) {
        let items = events.items
        while known < count {
            let item = items[items.startIndex + known]
            if let matrix = counts.transitions {
                Self.read(item, matrix, counts.transitionSums, config.recency, &transitions)
            }
            if let matrix = counts.company {
                Self.read(item, matrix, counts.companySums, config.companyRecency, &company)
            }
            known += 1
        }
    }

    private static func read(
        _ item: Int32, _ matrix: InteractionMatrix, _ rowSums: [Float], _ recency: Float, _ sums: inout Sums
    ) {
        let row = matrix.offsets[Int(item)]..<matrix.offsets[Int(item) + 1]
        matrix.columns.withUnsafeBufferPointer { columns in
            matrix.values.withUnsafeBufferPointer { values in
                guard let columns = columns.baseAddress, let values = values.baseAddress else {
                    return mq_walk_counts(recency, nil, nil, 0, sums.values.pointer, sums.values.count)
                }
                mq_walk_counts(
                    recency, columns + row.lowerBound, values + row.lowerBound, row.count, sums.values.pointer,
                    sums.values.count)
            }
        }
        sums.total = recency * sums.total + rowSums[Int(item)]
    }

    /// m of every item as row `row` of each feature: [features, rows, items].
    func write(
        _ counts: CountedMemory.Counts, to inputs: UnsafeMutableBufferPointer<Float>, row: Int, of rows: Int
    ) {
        guard let base = inputs.baseAddress else { return }
        for (feature, count) in config.counts.enumerated() {
            let to = base + (feature * rows + row) * itemCount
            switch count {
            case .transitions: Self.write(transitions, counts.floor, to)
            case .company: Self.write(company, counts.floor, to)
            case .popularity:
                _ = UnsafeMutableBufferPointer(start: to, count: itemCount).update(from: counts.logarithms)
            }
        }
    }

    private static func write(_ sums: Sums, _ floor: [Float], _ to: UnsafeMutablePointer<Float>) {
        floor.withUnsafeBufferPointer {
            guard let floor = $0.baseAddress else { return }
            mq_log_counts(sums.total > 0 ? 1 / sums.total : 0, sums.values.pointer, floor, to, sums.values.count)
        }
    }
}

extension InteractionMatrix {
    /// Row j times factors[j].
    fileprivate func scalingRows(_ factors: [Float]) -> InteractionMatrix {
        var values = values
        for row in 0..<rowCount {
            for entry in offsets[row]..<offsets[row + 1] { values[entry] *= factors[row] }
        }
        return InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: columns, values: values)
    }

    /// The sum of each row's values.
    fileprivate func rowSums() -> [Float] {
        (0..<rowCount).map { row in values[offsets[row]..<offsets[row + 1]].reduce(0, +) }
    }
}

// MARK: Files

extension CountedMemory {
    /// As it was saved: it can be asked, not trained with.
    init(_ config: MemoryConfig, from artifact: borrowing Artifact, itemCount: Int) throws {
        func matrix(_ count: MemoryConfig.Count) throws -> InteractionMatrix? {
            guard config.counts.contains(count) else { return nil }
            let matrix = try artifact.matrix("memory.\(count.rawValue)")
            guard matrix.rowCount == itemCount, matrix.columnCount == itemCount, matrix.values.allSatisfy({ $0 >= 0 })
            else { throw ModelError.badArtifact(path: "memory.\(count.rawValue)", reason: "not counts of these items") }
            return matrix
        }
        let popularity = try artifact.floats("memory.popularity", shape: [itemCount])
        guard popularity.allSatisfy({ $0 > 0 }) else {
            throw ModelError.badArtifact(path: "memory.popularity", reason: "not a share of every item")
        }
        self.config = config
        self.itemCount = itemCount
        folds = []
        whole = Counts(
            transitions: try matrix(.transitions), company: try matrix(.company), popularity: popularity, config)
    }

    func save(to artifact: inout Artifact) {
        if let transitions = whole.transitions { artifact.store(transitions, "memory.transitions") }
        if let company = whole.company { artifact.store(company, "memory.company") }
        artifact.store(whole.popularity, "memory.popularity", shape: [itemCount])
    }
}

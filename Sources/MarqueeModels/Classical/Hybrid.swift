internal import Foundation
internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// Several models in one ranking.
///
/// - `weighted`: score(u, i) = Σ_m w_m z_m(u, i), where z_m are the model's scores for u over all items,
///   shifted and scaled to mean 0 and deviation 1;
/// - `rank`: reciprocal-rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009),
///   score(u, i) = Σ_m w_m / (k + rank_m(u, i)), tied items sharing their mean rank.
///
/// Weights that the configuration does not give are chosen on validation, by raising one after the
/// other as long as it helps; without validation they are all 1. Scoring a user costs what its members
/// cost for all items, and a sort for each of them in `rank`.
public struct Hybrid: Recommender {
    public struct Config: ModelConfig {
        public var models: [ModelSpec] = ["item-knn", "ease", "content", "popularity"].compactMap { try? ModelSpec($0) }
        public var fusion = Fusion.weighted
        /// One a model; empty to choose them on validation.
        public var weights: [Float] = []
        /// k of the rank fusion.
        public var rankConstant: Float = 60

        public init() {}

        public static var tiny: Config {
            Config {
                $0.models = [try? ModelSpec(EASE.self, .tiny), try? ModelSpec("content"), try? ModelSpec("popularity")]
                    .compactMap { $0 }
            }
        }

        public var problem: String? {
            if models.isEmpty { return "models must name at least one model" }
            if !weights.isEmpty && weights.count != models.count {
                return "weights must be as many as models (\(models.count)), or none"
            }
            if !weights.allSatisfy(\.isFinite) { return "weights must be finite" }
            return rankConstant >= 0 ? nil : "rank-constant must not be negative"
        }
    }

    public enum Fusion: String, Codable, Sendable, CaseIterable {
        case weighted, rank
    }

    public static let kind = "hybrid"
    public let config: Config
    public let members: [any Recommender]
    /// By member.
    public let weights: [Float]

    public var userCount: Int { members[0].userCount }  // There is at least one: `Config.problem`.
    public var itemCount: Int { members[0].itemCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Hybrid {
        var memberContext = context
        memberContext.checkpoint = nil  // One file cannot keep several models.
        memberContext.epochFinished = { _ in }
        let members = try config.models.map { try $0.fit(to: data, in: memberContext) }
        let equal = [Float](repeating: 1, count: members.count)
        var hybrid = Hybrid(config: config, members: members, weights: config.weights.isEmpty ? equal : config.weights)
        if config.weights.isEmpty, let validation = data.validation {
            let chosen = try hybrid.weights(on: validation, in: context)
            hybrid = Hybrid(config: config, members: members, weights: chosen)
        }
        return hybrid
    }

    public static func refusal(_ config: Config, users: Int, items: Int) -> String? {
        config.models.lazy.compactMap { member in
            (try? member.refusal(users: users, items: items)).flatMap { $0 }.map { "\(member.kind): \($0)" }
        }.first
    }

    public static func scoresHistories(_ config: Config) -> Bool {
        config.models.allSatisfy { (try? $0.scoresHistories) == true }
    }

    /// Where every member has one.
    public var historyScorer: (any HistoryScorer)? {
        let scorers = members.compactMap(\.historyScorer)
        return scorers.count == members.count ? HybridHistoryScorer(hybrid: self, members: scorers) : nil
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() {
            scores.copy(fused(members.map { $0.scores(user: user) })[items], at: k * items.count)
        }
    }

    /// One row of scores out of each member's, [members][items].
    fileprivate func fused(_ rows: [[Float]]) -> [Float] {
        var sum = [Float](repeating: 0, count: itemCount)
        for (row, weight) in zip(rows, weights) {
            for (item, score) in comparable(row).enumerated() { sum[item] += weight * score }
        }
        return sum
    }

    /// A member's scores on the scale that members have in common.
    private func comparable(_ scores: [Float]) -> [Float] {
        switch config.fusion {
        case .weighted: Self.standardized(scores)
        case .rank: Self.reciprocalRanks(scores, config.rankConstant)
        }
    }

    private static func standardized(_ scores: [Float]) -> [Float] {
        let count = Double(max(1, scores.count))
        let mean = scores.reduce(0) { $0 + Double($1) } / count
        let variance = scores.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        // A member that says the same of every item has nothing to add.
        guard variance > 0 else { return scores.map { _ in 0 } }
        let scale = 1 / variance.squareRoot()
        return scores.map { Float((Double($0) - mean) * scale) }
    }

    private static func reciprocalRanks(_ scores: [Float], _ constant: Float) -> [Float] {
        let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
        var result = [Float](repeating: 0, count: scores.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
            let rank = Float(start + 1 + end) / 2
            for place in start..<end { result[order[place]] = 1 / (constant + rank) }
            start = end
        }
        return result
    }
}

extension Hybrid {
    /// Coordinate ascent from equal weights over a few multiples, on as many held-out users as fit into
    /// 128 MB of cached scores, evenly taken.
    private func weights(on validation: Validation, in context: FitContext) throws -> [Float] {
        let held = validation.holdout
        let limit = max(100, (32 << 20) / max(1, itemCount * members.count))
        let step = max(1, (held.users.count + limit - 1) / limit)
        let places = Array(stride(from: 0, to: held.users.count, by: step))
        let asked = Set(places.map { held.users[$0] })
        let holdout = held.compactMap { asked.contains($0) ? ($0, $1) : nil }
        var candidates = validation.candidates
        if case .sampled(let negatives) = candidates {
            candidates = .sampled(FrozenNegatives(name: negatives.name, rows: places.map { negatives.rows[$0] }))
        }
        if case .perTarget(let negatives) = candidates {
            let rows = places.flatMap { negatives.rows[held.offsets[$0]..<held.offsets[$0 + 1]] }
            candidates = .perTarget(FrozenNegatives(name: negatives.name, rows: rows))
        }
        let sample = Validation(
            holdout: holdout, candidates: candidates, seen: validation.seen, metric: validation.metric)
        let rows: [[[Float]]]
        if let histories = validation.histories {
            let scorers = members.compactMap(\.historyScorer)
            guard scorers.count == members.count else { throw EvaluationError.knowsOnlyItsUsers }
            rows = context.pool.map(holdout.users.count) { k in
                let query = Query(history: histories[holdout.users[k]])
                return scorers.map { comparable($0.scores(query)) }
            }
        } else {
            rows = context.pool.map(holdout.users.count) { k in
                members.map { comparable($0.scores(user: holdout.users[k])) }
            }
        }
        func figure(_ weights: [Float]) throws -> Double {
            sample.metric.merit(
                try sample.evaluate(
                    CachedScores(
                        users: holdout.users, rows: rows, weights: weights, userCount: validation.seen.rowCount,
                        itemCount: itemCount),
                    pool: context.pool))
        }
        var best = weights
        var bestFigure = try figure(best)
        for factor in [4, 2, 1.5] as [Float] {
            var improved = true
            while improved {
                improved = false
                for member in members.indices {
                    for multiple in [0, 1 / factor, factor] {
                        var trial = best
                        // A weight that is 0 is tried again from 1.
                        trial[member] = trial[member] == 0 ? multiple : trial[member] * multiple
                        guard trial != best, trial.contains(where: { $0 != 0 }) else { continue }
                        let value = try figure(trial)
                        if value > bestFigure { (best, bestFigure, improved) = (trial, value, true) }
                        try Interruption.check()
                    }
                }
            }
        }
        context.progress.note(
            "\(Self.kind): weights "
                + zip(config.models, best).map { "\($0.kind) \($1)" }.joined(separator: ", ")
                + " (\(validation.metric) \(Figures.metric(bestFigure)) on validation)")
        return best
    }

    /// Scores of the validation's users, kept while weights are tried.
    private struct CachedScores: Scorer {
        let users: [Int32]
        let rows: [[[Float]]]
        let weights: [Float]
        let userCount: Int
        let itemCount: Int

        func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
            for (k, user) in users.enumerated() {
                let members = rows[users.partitionPoint { $0 >= user }]
                for (j, item) in items.enumerated() {
                    var sum: Float = 0
                    for m in weights.indices { sum += weights[m] * members[m][item] }
                    scores[k * items.count + j] = sum
                }
            }
        }

        func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
            let members = rows[users.partitionPoint { $0 >= user }]
            for (k, item) in candidates.enumerated() {
                var sum: Float = 0
                for m in weights.indices { sum += weights[m] * members[m][Int(item)] }
                scores[k] = sum
            }
        }
    }
}

/// A ``Hybrid`` of models that all answer from a history.
private struct HybridHistoryScorer: HistoryScorer {
    let hybrid: Hybrid
    let members: [any HistoryScorer]

    var userCount: Int { hybrid.userCount }
    var itemCount: Int { hybrid.itemCount }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        hybrid.score(users: users, items: items, into: &scores)
    }

    func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, query) in queries.enumerated() {
            var whole = query
            whole.candidates = nil  // Members are brought to one scale over all items.
            scores.copy(hybrid.fused(members.map { $0.scores(whole) })[items], at: k * items.count)
        }
    }
}

extension Hybrid {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        var members: [any Recommender] = []
        for (k, spec) in config.models.enumerated() {
            members.append(try spec.load(from: artifact.part("models.\(k).")))
        }
        guard members.allSatisfy({ $0.userCount == members[0].userCount && $0.itemCount == members[0].itemCount })
        else {
            throw ModelError.badArtifact(path: "models", reason: "the models disagree on the number of users or items")
        }
        self.init(
            config: config, members: members, weights: try artifact.floats("weights", shape: [config.models.count]))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(weights, "weights", shape: [weights.count])
        for (k, member) in members.enumerated() {
            var part = Artifact()
            try member.save(to: &part)
            artifact.insert(part, prefix: "models.\(k).")
        }
    }
}

extension Artifact {
    /// What was inserted under a prefix.
    func part(_ prefix: String) -> Artifact {
        var part = Artifact()
        for (name, tensor) in tensors where name.hasPrefix(prefix) {
            part.tensors[String(name.dropFirst(prefix.count))] = tensor
        }
        for (name, text) in texts where name.hasPrefix(prefix) {
            part.texts[String(name.dropFirst(prefix.count))] = text
        }
        return part
    }

    mutating func insert(_ part: Artifact, prefix: String) {
        for (name, tensor) in part.tensors { tensors[prefix + name] = tensor }
        for (name, text) in part.texts { texts[prefix + name] = text }
    }
}

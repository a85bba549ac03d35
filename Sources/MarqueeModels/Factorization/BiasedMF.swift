public import MarqueeEvaluation
internal import MarqueeRuntime

/// Biased matrix factorization, which predicts ratings:
///
///     r̂(u, i) = μ + b_u + b_i + p_u · q_i
///
/// (Koren, Bell and Volinsky, "Matrix factorization techniques for recommender systems", Computer 2009), fitted by
/// alternating least squares (``RatingFactorization``). Where a pair has several rows each of them counts.
///
/// With `weighting: inverse-propensity` every rating counts 1 / P(observed | u, i), so that the model is trained as if
/// ratings had been asked for at random, where people chose what to rate (Schnabel, Swaminathan, Singh, Chandak and
/// Joachims, "Recommendations as treatments", ICML 2016). O(ratings · factors² + (users + items) · factors³) an
/// iteration.
public struct BiasedMF: Recommender, RatingPredictor {
    public struct Config: ModelConfig {
        /// k, the length of p and q.
        public var factors = 8
        /// λ of λ (‖p_u‖² + b_u² + ‖q_i‖² + b_i²), against weights whose mean is 1.
        public var regularization = 5.0
        public var iterations = 12
        public var weighting = Weighting.uniform

        public init() {}

        public static var tiny: Config { Config { ($0.factors, $0.regularization) = (2, 0.1) } }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if !(regularization > 0) { return "regularization must be positive" }
            return iterations < 1 ? "iterations must be at least 1" : nil
        }
    }

    /// What each rating counts in the fit.
    public enum Weighting: String, Codable, Sendable, CaseIterable {
        case uniform
        case inversePropensity = "inverse-propensity"
    }

    public static let kind = "biased-mf"
    public static func usesPropensities(_ config: Config) -> Bool { config.weighting == .inversePropensity }

    public let config: Config
    /// p and q, with b_i.
    private let factors: FactorScorer
    /// μ + b_u, by user.
    private let levels: [Float]
    /// What the fit weighted by; nil where it did not, or was loaded.
    private let propensities: ObservationPropensities?

    public var userCount: Int { factors.userCount }
    public var itemCount: Int { factors.itemCount }
    public var scoresTiles: Bool { true }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> BiasedMF {
        let propensities =
            usesPropensities(config) ? try data.propensities ?? ObservationPropensities(of: data, in: context) : nil
        let ratings = try data.ratings(for: kind, context.progress).map { rating in
            var rating = rating
            if let propensities { rating.weight = 1 / propensities[rating.user, rating.item] }
            return rating
        }
        let fitted = try RatingFactorization(
            config, to: ratings, userCount: data.userCount, itemCount: data.itemCount, seed: context.seed,
            pool: context.pool
        ) { iteration in
            if context.isStopRequested() { throw Interrupted() }
            context.progress.advance(
                kind, completed: iteration + 1, total: config.iterations, unit: "iterations", figures: [])
        }
        return BiasedMF(config: config, fitted, propensities)
    }

    private init(config: Config, _ fitted: RatingFactorization, _ propensities: ObservationPropensities?) {
        let rank = config.factors
        func split(_ rows: [Double]) -> (factors: [Float], biases: [Double]) {
            let starts = stride(from: 0, to: rows.count, by: rank + 1)
            return (starts.flatMap { rows[$0..<$0 + rank].map(Float.init) }, starts.map { rows[$0 + rank] })
        }
        let (users, items) = (split(fitted.users), split(fitted.items))
        self.config = config
        self.propensities = propensities
        levels = users.biases.map { Float(fitted.mean + $0) }
        factors = FactorScorer(
            rank: rank, userFactors: users.factors, itemFactors: items.factors, itemBias: items.biases.map(Float.init))
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        factors.score(users: users, items: items, into: &scores)
        for (row, user) in users.enumerated() {
            for k in row * items.count..<(row + 1) * items.count { scores[k] += levels[Int(user)] }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        factors.score(user: user, candidates: candidates, into: &scores)
        for k in candidates.indices { scores[k] += levels[Int(user)] }
    }

    public func validationWeight(user: Int32, item: Int32) -> Double { propensities.map { 1 / $0[user, item] } ?? 1 }
}

extension BiasedMF: ItemSimilarity {
    public var similarityMeasure: String { factors.similarityMeasure }
    public func similarities(to item: Int32) -> [Float] { factors.similarities(to: item) }
    public func similarities(to items: [Int32]) -> [[Float]] { factors.similarities(to: items) }
}

extension BiasedMF {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        self.config = config
        factors = try FactorScorer(from: artifact)
        levels = try artifact.floats("users.mean", shape: [factors.userCount])
        propensities = nil
    }

    public func save(to artifact: inout Artifact) throws {
        factors.save(to: &artifact)
        artifact.store(levels, "users.mean", shape: [userCount])
    }
}

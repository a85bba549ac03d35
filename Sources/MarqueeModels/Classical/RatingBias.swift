public import MarqueeEvaluation
internal import MarqueeRuntime

/// Biases alone, the row that every table of predicted ratings must have: r̂(u, i) = μ + b_i + b_u with
///
///     b_i = Σ_u (r_ui − μ) / (δ_i + n_i),    b_u = Σ_i (r_ui − μ − b_i) / (δ_u + n_u)
///
/// over the n_i ratings of an item and the n_u of a user (Koren, "Factor in the neighbors", TKDD 2010, section 2.1).
/// Without either it is the global mean. O(ratings).
public struct RatingBias: Recommender, RatingPredictor {
    public struct Config: ModelConfig {
        /// Whether users have biases.
        public var users = true
        /// Whether items have biases.
        public var items = true
        /// δ_u, how many ratings of 0 a user's are averaged with.
        public var userDamping = 10.0
        /// δ_i.
        public var itemDamping = 25.0

        public init() {}

        public var problem: String? {
            userDamping >= 0 && itemDamping >= 0 ? nil : "user-damping and item-damping must not be negative"
        }
    }

    public static let kind = "bias"
    public let config: Config
    /// μ + b_u, by user.
    private let levels: [Float]
    /// b_i, by item.
    private let biases: [Float]

    public var userCount: Int { levels.count }
    public var itemCount: Int { biases.count }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> RatingBias {
        let ratings = try data.ratings(for: kind, context.progress)
        let mean = ratings.reduce(0) { $0 + $1.value } / Double(ratings.count)
        func biases(
            _ count: Int, damping: Double, of index: (RatingFactorization.Rating) -> Int32,
            _ residual: (RatingFactorization.Rating) -> Double
        ) -> [Double] {
            var (sums, counts) = ([Double](repeating: 0, count: count), [Double](repeating: damping, count: count))
            for rating in ratings {
                sums[Int(index(rating))] += residual(rating)
                counts[Int(index(rating))] += 1
            }
            return zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
        }
        let items =
            config.items
            ? biases(data.itemCount, damping: config.itemDamping, of: \.item) { $0.value - mean }
            : [Double](repeating: 0, count: data.itemCount)
        let users =
            config.users
            ? biases(data.userCount, damping: config.userDamping, of: \.user) { $0.value - mean - items[Int($0.item)] }
            : [Double](repeating: 0, count: data.userCount)
        return RatingBias(config: config, levels: users.map { Float(mean + $0) }, biases: items.map(Float.init))
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        var next = 0
        for user in users {
            for item in items {
                scores[next] = levels[Int(user)] + biases[item]
                next += 1
            }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (k, item) in candidates.enumerated() { scores[k] = levels[Int(user)] + biases[Int(item)] }
    }
}

extension RatingBias {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        self.init(
            config: config, levels: try artifact.floats("users.mean", shape: artifact.shape("users.mean", rank: 1)),
            biases: try artifact.floats("biases", shape: artifact.shape("biases", rank: 1)))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(levels, "users.mean", shape: [userCount])
        artifact.store(biases, "biases", shape: [itemCount])
    }
}

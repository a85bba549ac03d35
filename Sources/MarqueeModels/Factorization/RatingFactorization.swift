internal import MarqueeRuntime

/// Matrix factorization of ratings, each of which may weigh more or less than one:
///
/// r̂(u, i) = μ + b_u + b_i + p_u · q_i, fitted to least Σ w_ui (r_ui − r̂)² + λ (‖p_u‖² + b_u² + ‖q_i‖² + b_i²),
///
/// by alternating least squares, one exact solve a user and an item in turn; O(ratings · k² + (users + items) k³)
/// an iteration.
///
/// With w = 1 / P(observed | u, i) it is trained as if ratings had been asked for at random, where people chose what
/// to rate. Source: Schnabel, Swaminathan, Singh, Chandak and Joachims, *Recommendations as Treatments* (ICML 2016).
public struct RatingFactorization: Sendable {
    public struct Config: Sendable, Codable, Equatable {
        /// k.
        public var factors: Int
        /// λ, against weights whose mean is 1.
        public var regularization: Double
        public var iterations: Int

        public init(factors: Int = 8, regularization: Double = 5, iterations: Int = 12) {
            self.factors = factors
            self.regularization = regularization
            self.iterations = iterations
        }
    }

    /// A rating of a user for an item.
    public struct Rating: Sendable, Equatable {
        public var user, item: Int32
        public var value: Double
        /// w; only the weights' ratios matter.
        public var weight: Double

        public init(user: Int32, item: Int32, value: Double, weight: Double = 1) {
            self.user = user
            self.item = item
            self.value = value
            self.weight = weight
        }
    }

    public let config: Config
    /// μ, the weighted mean.
    public let mean: Double
    /// Rows [p ‖ b]. [users × (k + 1)], [items × (k + 1)]
    private var users, items: [Double]

    /// - Parameters:
    ///   - ratings: not empty, users in 0..<userCount, items in 0..<itemCount, weights above 0.
    ///   - seed: of the items' first factors, N(0, 0.1²).
    public init(_ config: Config, to ratings: [Rating], userCount: Int, itemCount: Int, seed: UInt64) {
        precondition(!ratings.isEmpty && config.factors > 0 && config.regularization > 0)
        self.config = config
        let scale = Double(ratings.count) / ratings.reduce(0) { $0 + $1.weight }
        let ratings = ratings.map { Rating(user: $0.user, item: $0.item, value: $0.value, weight: $0.weight * scale) }
        let mean = ratings.reduce(0) { $0 + $1.weight * $1.value } / Double(ratings.count)
        self.mean = mean
        let width = config.factors + 1
        var random = RandomStream(seed: seed, "rating factors")
        users = (0..<userCount * width).map { $0 % width == width - 1 ? 0 : 0.1 * random.normalPair().0 }
        items = (0..<itemCount * width).map { $0 % width == width - 1 ? 0 : 0.1 * random.normalPair().0 }
        let byUser = Dictionary(grouping: ratings, by: \.user)
        let byItem = Dictionary(grouping: ratings, by: \.item)
        for _ in 0..<config.iterations {
            for (user, own) in byUser {
                let row = Self.solve(own.map { (Int($0.item), $0.value, $0.weight) }, others: items, mean: mean, config)
                users.replaceSubrange(Int(user) * width..<(Int(user) + 1) * width, with: row)
            }
            for (item, own) in byItem {
                let row = Self.solve(own.map { (Int($0.user), $0.value, $0.weight) }, others: users, mean: mean, config)
                items.replaceSubrange(Int(item) * width..<(Int(item) + 1) * width, with: row)
            }
        }
    }

    /// r̂(u, i).
    public func rating(user: Int32, item: Int32) -> Double {
        let width = config.factors + 1
        let (p, q) = (Int(user) * width, Int(item) * width)
        var value = mean + users[p + config.factors] + items[q + config.factors]
        for factor in 0..<config.factors { value += users[p + factor] * items[q + factor] }
        return value
    }

    /// (Σ w z zᵀ + λ I)⁻¹ Σ w z (r − μ − b) over the other side's rows z = [q ‖ 1], by Cholesky.
    private static func solve(
        _ ratings: [(other: Int, value: Double, weight: Double)], others: [Double], mean: Double, _ config: Config
    ) -> [Double] {
        let width = config.factors + 1
        var matrix = [Double](repeating: 0, count: width * width)
        var sums = [Double](repeating: 0, count: width)
        var z = [Double](repeating: 1, count: width)
        for rating in ratings {
            let base = rating.other * width
            for factor in 0..<config.factors { z[factor] = others[base + factor] }
            let residual = rating.value - mean - others[base + config.factors]
            for row in 0..<width {
                sums[row] += rating.weight * z[row] * residual
                for column in 0...row { matrix[row * width + column] += rating.weight * z[row] * z[column] }
            }
        }
        for row in 0..<width {
            matrix[row * width + row] += config.regularization
            for column in 0...row {
                var value = matrix[row * width + column]
                for k in 0..<column { value -= matrix[row * width + k] * matrix[column * width + k] }
                matrix[row * width + column] =
                    row == column ? value.squareRoot() : value / matrix[column * width + column]
            }
        }
        for row in 0..<width {
            for column in 0..<row { sums[row] -= matrix[row * width + column] * sums[column] }
            sums[row] /= matrix[row * width + row]
        }
        for row in (0..<width).reversed() {
            for below in row + 1..<max(width, row + 1) { sums[row] -= matrix[below * width + row] * sums[below] }
            sums[row] /= matrix[row * width + row]
        }
        return sums
    }
}

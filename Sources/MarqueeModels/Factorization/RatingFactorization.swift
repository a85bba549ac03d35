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
struct RatingFactorization: Sendable {
    /// A rating of a user for an item.
    struct Rating: Sendable, Equatable {
        var user, item: Int32
        var value: Double
        /// w; only the weights' ratios matter.
        var weight = 1.0
    }

    /// μ, the weighted mean.
    let mean: Double
    /// Rows [p ‖ b]. [users × (k + 1)], [items × (k + 1)]
    let users, items: [Double]

    /// - Parameters:
    ///   - ratings: not empty, users in 0..<userCount, items in 0..<itemCount, weights above 0.
    ///   - seed: of the items' first factors, N(0, 0.1²).
    init(
        _ config: BiasedMF.Config, to ratings: [Rating], userCount: Int, itemCount: Int, seed: UInt64,
        pool: WorkerPool = .shared, finished: (_ iteration: Int) throws -> Void
    ) rethrows {
        precondition(!ratings.isEmpty && config.factors > 0 && config.regularization > 0)
        let scale = Double(ratings.count) / ratings.reduce(0) { $0 + $1.weight }
        let ratings = ratings.map { Rating(user: $0.user, item: $0.item, value: $0.value, weight: $0.weight * scale) }
        let mean = ratings.reduce(0) { $0 + $1.weight * $1.value } / Double(ratings.count)
        self.mean = mean
        let width = config.factors + 1
        var random = RandomStream(seed: seed, "rating factors")
        var users = (0..<userCount * width).map { $0 % width == width - 1 ? 0 : 0.1 * random.normalPair().0 }
        var items = (0..<itemCount * width).map { $0 % width == width - 1 ? 0 : 0.1 * random.normalPair().0 }
        var byUser = [[(other: Int, value: Double, weight: Double)]](repeating: [], count: userCount)
        var byItem = [[(other: Int, value: Double, weight: Double)]](repeating: [], count: itemCount)
        for rating in ratings {
            byUser[Int(rating.user)].append((Int(rating.item), rating.value, rating.weight))
            byItem[Int(rating.item)].append((Int(rating.user), rating.value, rating.weight))
        }
        // Of whom or what has no rating nothing is known, whatever was drawn.
        for (user, own) in byUser.enumerated() where own.isEmpty {
            for k in user * width..<(user + 1) * width { users[k] = 0 }
        }
        for (item, own) in byItem.enumerated() where own.isEmpty {
            for k in item * width..<(item + 1) * width { items[k] = 0 }
        }
        for iteration in 0..<config.iterations {
            Self.solve(byUser, rows: &users, others: items, mean: mean, config, pool)
            Self.solve(byItem, rows: &items, others: users, mean: mean, config, pool)
            try finished(iteration)
        }
        (self.users, self.items) = (users, items)
    }

    /// The rows of one side, each by itself; those without a rating stay.
    private static func solve(
        _ ratings: [[(other: Int, value: Double, weight: Double)]], rows: inout [Double], others: [Double],
        mean: Double, _ config: BiasedMF.Config, _ pool: WorkerPool
    ) {
        let width = config.factors + 1
        let solved = pool.map(ratings.count) { index in
            ratings[index].isEmpty ? nil : solve(ratings[index], others: others, mean: mean, config)
        }
        for (index, row) in solved.enumerated() {
            if let row { rows.replaceSubrange(index * width..<(index + 1) * width, with: row) }
        }
    }

    /// (Σ w z zᵀ + λ I)⁻¹ Σ w z (r − μ − b) over the other side's rows z = [q ‖ 1], by Cholesky.
    private static func solve(
        _ ratings: [(other: Int, value: Double, weight: Double)], others: [Double], mean: Double,
        _ config: BiasedMF.Config
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

internal import Foundation
internal import MarqueeEvaluation
internal import MarqueeModels
public import MarqueeRuntime

/// Does training with inverse propensities beat naive training, where people chose what to rate?
///
/// Propensities P(rated | user, item) are a logistic regression on the features of both and their products; its form and
/// λ are chosen by likelihood on cells held out. Then, a seed at a time, a tenth of the chosen ratings is set aside;
/// each way of training takes from the same grid the configuration with the least error there, the naive one by
/// the plain mean, the weighted one by the self-normalized weighted mean, and is fitted anew to all chosen
/// ratings. The drawn ratings are looked at only then.
public struct DebiasingExperiment: Sendable {
    public struct Scores: Sendable, Codable, Equatable {
        /// Over all drawn ratings, whether those of at least 3 are above the others.
        public var auc: Double
        /// NDCG@5 over each user's drawn items, gain 2^r − 1; mean over users.
        public var ndcg: Double
        /// Mean squared error of the drawn ratings.
        public var mse: Double
        public var config: String
    }

    public struct Outcome: Sendable, Codable, Equatable {
        public var propensities: String
        public var naive, weighted: [Scores]
        /// Weighted minus naive by seed: two-sided p of the exact sign-flip test over seeds.
        public var pAUC, pNDCG, pMSE: Double
        /// The same for NDCG over users, each the mean of its seeds.
        public var pNDCGOverUsers: Double
    }

    public let data: RandomizedRatings

    public init(_ data: RandomizedRatings) { self.data = data }

    public func run(seeds: [UInt64], progress: any ProgressObserver, pool: WorkerPool = .shared) throws -> Outcome {
        let (propensities, description) = try self.propensities(progress, pool)
        progress.note("propensities: \(description)")
        var grid: [RatingFactorization.Config] = []
        for factors in [4, 8, 16] {
            for regularization in [3.0, 5, 7, 10, 15] {
                grid.append(.init(factors: factors, regularization: regularization))
            }
        }
        let cells = self.cells()
        var naive: [Scores] = []
        var weighted: [Scores] = []
        var gains = [Double](repeating: 0, count: data.userCount)
        for seed in seeds {
            let random = RandomStream(seed: seed, "debiasing validation")
            let held = Set(cells.indices.filter { random.unit(at: UInt64($0)) < 0.1 })
            var perUser: [[Double]] = []
            for isWeighted in [false, true] {
                let ratings = cells.map { cell in
                    RatingFactorization.Rating(
                        user: cell.user, item: cell.item, value: cell.value,
                        weight: isWeighted ? 1 / propensities[Int(cell.user)][Int(cell.item)] : 1)
                }
                let frozen = grid
                let errors = pool.map(frozen.count) { index in
                    let model = fit(
                        frozen[index], ratings.indices.filter { !held.contains($0) }.map { ratings[$0] }, seed)
                    var (sum, weight) = (0.0, 0.0)
                    for place in held {
                        let error =
                            ratings[place].value - model.rating(user: ratings[place].user, item: ratings[place].item)
                        sum += ratings[place].weight * error * error
                        weight += ratings[place].weight
                    }
                    return sum / weight
                }
                let best = errors.indices.min { errors[$0] < errors[$1] } ?? 0
                let (scores, users) = judge(fit(grid[best], ratings, seed), grid[best])
                if isWeighted { weighted.append(scores) } else { naive.append(scores) }
                perUser.append(users)
            }
            for user in gains.indices { gains[user] += (perUser[1][user] - perUser[0][user]) / Double(seeds.count) }
            progress.note(
                "seed \(seed): naive \(Self.text(naive[naive.count - 1])); weighted \(Self.text(weighted[weighted.count - 1]))"
            )
        }
        func p(_ figure: (Scores) -> Double) -> Double {
            Self.signFlips(zip(weighted, naive).map { figure($0) - figure($1) })
        }
        return Outcome(
            propensities: description, naive: naive, weighted: weighted, pAUC: p(\.auc), pNDCG: p(\.ndcg),
            pMSE: p(\.mse),
            pNDCGOverUsers: PairedComparison(
                differences: gains, metric: Metric(.ndcg, at: 5), resamples: 10_000, confidence: 0.95, seed: 1,
                pool: pool
            ).pValue)
    }

    private func fit(_ config: RatingFactorization.Config, _ ratings: [RatingFactorization.Rating], _ seed: UInt64)
        -> RatingFactorization
    {
        RatingFactorization(config, to: ratings, userCount: data.userCount, itemCount: data.itemCount, seed: seed)
    }

    private func cells() -> [(user: Int32, item: Int32, value: Double)] {
        data.chosen.indices.flatMap { user in
            data.chosen[user].indices.filter { data.chosen[user][$0] > 0 }.map {
                (Int32(user), Int32($0), data.chosen[user][$0])
            }
        }
    }

    // MARK: Propensities

    /// P(rated | user, item) of every cell, and how they were found. No rating's value is looked at.
    private func propensities(_ progress: any ProgressObserver, _ pool: WorkerPool) throws -> ([[Double]], String) {
        let (users, items) = (data.userFeatureCount, data.itemFeatureCount)
        func active(_ user: Int, _ item: Int, products: Bool) -> [Int32] {
            var active = data.userFeatures[user] + data.itemFeatures[item].map { $0 + Int32(users) }
            if products {
                for a in data.userFeatures[user] {
                    for b in data.itemFeatures[item] { active.append(Int32(users + items) + a * Int32(items) + b) }
                }
            }
            return active
        }
        let random = RandomStream(seed: 1, "propensity validation")
        var best: (loss: Double, products: Bool, regularization: Double)?
        func rows(_ products: Bool, where isTaken: (Int) -> Bool) -> (active: [[Int32]], labels: [Int]) {
            var rows: (active: [[Int32]], labels: [Int]) = ([], [])
            for user in 0..<data.userCount {
                for item in 0..<data.itemCount where isTaken(user * data.itemCount + item) {
                    rows.active.append(active(user, item, products: products))
                    rows.labels.append(data.chosen[user][item] > 0 ? 1 : 0)
                }
            }
            return rows
        }
        func fit(_ rows: (active: [[Int32]], labels: [Int]), _ products: Bool, _ regularization: Double)
            -> CategoricalRegression
        {
            CategoricalRegression(
                active: rows.active, labels: rows.labels, features: users + items + (products ? users * items : 0),
                classes: 2,
                regularization: regularization, iterations: 60, tolerance: 1e-6, pool: pool)
        }
        func isHeld(_ cell: Int) -> Bool { random.unit(at: UInt64(cell)) < 0.1 }
        for products in [false, true] {
            let learned = rows(products) { !isHeld($0) }
            let held = rows(products, where: isHeld)
            for regularization in [20.0, 80, 320] {
                let model = fit(learned, products, regularization)
                var loss = 0.0
                for (active, label) in zip(held.active, held.labels) {
                    loss -= log(max(model.probabilities(active)[label], 1e-12))
                }
                loss /= Double(held.labels.count)
                if best.map({ loss < $0.loss }) ?? true { best = (loss, products, regularization) }
            }
        }
        let (loss, products, regularization) = best ?? (0, true, 20)
        let model = fit(rows(products) { _ in true }, products, regularization)
        let share = Double(cells().count) / Double(data.userCount * data.itemCount)
        let table = (0..<data.userCount).map { user in
            // A weight beyond a hundred times the mean would let a handful of ratings speak for all.
            (0..<data.itemCount).map { max(0.01 * share, model.probabilities(active(user, $0, products: products))[1]) }
        }
        let features = products ? "features and their products" : "features"
        return (table, "logistic regression on \(features), λ \(regularization), held-out log-loss \(Self.short(loss))")
    }

    // MARK: The test

    private func judge(_ model: RatingFactorization, _ config: RatingFactorization.Config) -> (Scores, users: [Double])
    {
        var (scores, isLiked) = ([Double](), [Bool]())
        var squares = 0.0
        var users = [Double](repeating: 0, count: data.userCount)
        var judged = 0
        for user in 0..<data.userCount {
            let items = data.drawn[user].indices.filter { data.drawn[user][$0] > 0 }
            guard !items.isEmpty else { continue }
            judged += 1
            let own = items.map { model.rating(user: Int32(user), item: Int32($0)) }
            let ratings = items.map { data.drawn[user][$0] }
            for (score, rating) in zip(own, ratings) { squares += (score - rating) * (score - rating) }
            scores += own
            isLiked += ratings.map { $0 >= 3 }
            // Every rating has a gain, so that there is a best order.
            users[user] = RankedGains.ndcg(own, gains: ratings.map { pow(2, $0) - 1 }, at: 5) ?? 0
        }
        let figures = Scores(
            auc: RankedGains.auc(scores, isPositive: isLiked) ?? 0.5,
            ndcg: users.reduce(0, +) / Double(max(1, judged)), mse: squares / Double(max(1, scores.count)),
            config: "\(config.factors) factors, λ \(config.regularization)")
        return (figures, users)
    }

    /// Two-sided, over all 2^n sign patterns of up to 16 differences.
    static func signFlips(_ differences: [Double]) -> Double {
        precondition(differences.count <= 16)
        let total = abs(differences.reduce(0, +))
        let slack = 1e-12 * differences.reduce(0) { $0 + abs($1) }
        let patterns = 1 << differences.count
        let extreme = (0..<patterns).count { pattern in
            var sum = 0.0
            for (index, difference) in differences.enumerated() {
                sum += pattern >> index & 1 == 1 ? -difference : difference
            }
            return abs(sum) >= total - slack
        }
        return Double(extreme) / Double(patterns)
    }

    private static func text(_ scores: Scores) -> String {
        "AUC \(short(scores.auc)), NDCG@5 \(short(scores.ndcg)), MSE \(short(scores.mse)) (\(scores.config))"
    }

    private static func short(_ value: Double) -> String { String(format: "%.4f", value) }
}

public import MarqueeRuntime

extension OpenBanditLog {
    /// π(a | position) as often as it is seen, with `smoothing` imagined showings spread over all items.
    /// [positions][actions]
    public func frequencies(smoothing: Double = 1) -> [[Double]] {
        var table = [[Double]](
            repeating: [Double](repeating: smoothing / Double(items.count), count: items.count), count: positionCount)
        for row in 0..<count { table[positions[row]][actions[row]] += 1 }
        return table.map { counts in
            let sum = counts.reduce(0, +)
            return counts.map { $0 / sum }
        }
    }

    /// q̂(a, position): mean clicks, drawn to the position's mean by `strength` imagined showings.
    /// [positions][actions]
    ///
    /// Without the rows of `fold` out of `folds` (row mod folds), so that a decision is not judged by a model that
    /// has seen it.
    public func clickRates(strength: Double = 100, without fold: Int? = nil, of folds: Int = 5) -> [[Double]] {
        var clicks = [[Double]](repeating: [Double](repeating: 0, count: items.count), count: positionCount)
        var shows = clicks
        for row in 0..<count where row % folds != fold {
            clicks[positions[row]][actions[row]] += self.clicks[row]
            shows[positions[row]][actions[row]] += 1
        }
        return clicks.indices.map { position in
            let mean = clicks[position].reduce(0, +) / max(1, shows[position].reduce(0, +))
            return zip(clicks[position], shows[position]).map { ($0 + strength * mean) / ($1 + strength) }
        }
    }

    /// The log under a target that chooses by position, with a cross-fitted ``clickRates(strength:without:of:)``
    /// as the reward model: each row is predicted by the model of the other folds.
    public func crossFitted(
        under table: [[Double]], strength: Double = 100, folds: Int = 5, propensities estimated: [Double]? = nil
    ) throws(OffPolicyError) -> LoggedDecisions {
        var log = try decisions(under: table, propensities: estimated)
        let rates = (0..<folds).map { clickRates(strength: strength, without: $0, of: folds) }
        let expected = rates.map { q in
            zip(table, q).map { pair in zip(pair.0, pair.1).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        log.model = .init(
            shown: (0..<count).map { rates[$0 % folds][positions[$0]][actions[$0]] },
            expected: (0..<count).map { expected[$0 % folds][positions[$0]] })
        return log
    }

    /// Propensities where none were logged: P(action | position, user features) by ``CategoricalRegression``, each row
    /// by the regression of the other folds, and never below a tenth of uniform, which bounds the weights. [rows]
    public func estimatedPropensities(
        regularization: Double = 1, folds: Int = 2, iterations: Int = 100, pool: WorkerPool = .shared
    ) -> [Double] {
        var columns: [String: Int32] = [:]
        let active = (0..<count).map { row in
            (["position \(positions[row])"] + userFeatures[row].enumerated().map { "\($0) \($1)" }).map {
                name -> Int32 in
                if let column = columns[name] { return column }
                let column = Int32(columns.count)
                columns[name] = column
                return column
            }
        }
        var propensities = [Double](repeating: 1, count: count)
        guard items.count > 1 else { return propensities }
        for fold in 0..<folds {
            let learned = (0..<count).filter { $0 % folds != fold || folds == 1 }
            let model = CategoricalRegression(
                active: learned.map { active[$0] }, labels: learned.map { actions[$0] }, features: columns.count,
                classes: items.count, regularization: regularization, iterations: iterations, tolerance: 1e-5,
                pool: pool)
            for row in 0..<count where row % folds == fold {
                propensities[row] = max(model.probabilities(active[row])[actions[row]], 0.1 / Double(items.count))
            }
        }
        return propensities
    }
}

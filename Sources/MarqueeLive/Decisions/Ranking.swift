internal import MarqueeData

/// Scores of candidates, on a scale that policies can be configured for.
enum Ranking {
    /// How candidates are scored at each link of the chain.
    ///
    /// - model: the deployed model's scores; not a number for items that it does not know.
    /// - session: how high up among the neighbors of the items touched lately, Σ 0.8^k (1 - place / length), and
    ///   three times how much its categories are liked.
    /// - others: the order in which the sources gave them.
    static func score(_ candidates: [Int32], link: DecisionLink, _ situation: Situation, _ marks: inout ItemMarks)
        -> [Float]
    {
        switch link {
        case .model:
            guard let model = situation.model, let user = situation.modelUser else { break }
            return model.score(candidates, for: user, &marks)
        case .session:
            guard let model = situation.model else { break }
            let count = situation.snapshot.count
            var scores = [Float](repeating: 0, count: candidates.count)
            var weight: Float = 1
            for touch in situation.recent.prefix(10) {
                let neighbors = model.neighbors(of: touch.item)
                marks.match(candidates, with: neighbors, below: count) { place, rank in
                    scores[place] += weight * (1 - Float(rank) / Float(neighbors.count))
                }
                weight *= 0.8
            }
            // Among those that are alike the sources' order decides.
            for place in scores.indices {
                scores[place] += 3 * Float(situation.affinity(of: candidates[place])) - 1e-4 * Float(place)
            }
            return scores
        case .popular, .catalog, .empty: break
        }
        return candidates.indices.map { -Float($0) }
    }

    /// What puts a model's scores on one scale with any other's: (s - mean) / deviation over the items with a score.
    struct Scale {
        private var mean = 0.0
        /// 1 / deviation; 0 where all scores are alike.
        private var factor = 0.0

        init(_ scores: [Float]) {
            var sum = 0.0, squares = 0.0, count = 0.0
            for score in scores where score.isFinite {
                sum += Double(score)
                squares += Double(score) * Double(score)
                count += 1
            }
            guard count > 0 else { return }
            mean = sum / count
            let deviation = max(0, squares / count - mean * mean).squareRoot()
            if deviation > 0 { factor = 1 / deviation }
        }

        func standardized(_ score: Float) -> Double { (Double(score) - mean) * factor }
    }
}

/// What policies that learn from features are told of a candidate for somebody.
enum ChoiceFeatures {
    /// Standardized score, log of one plus popularity, newness (halving every 30 days), log of one plus
    /// showings in vain, how much its categories are liked (``Affinity``), unknown to the model, how often it is touched when it
    /// is shown.
    static let width = 7

    static func row(
        _ item: Int32, score: Double, exposures: Int32, _ situation: Situation, popularity: Float, rate: Double,
        into features: inout [Double]
    ) {
        let age = Double(situation.now - situation.snapshot.times[Int(item)]) / (30 * 86_400_000)
        features.append(score)
        features.append(Elementary.log1p(Double(popularity)))
        features.append(situation.snapshot.times[Int(item)] > 0 ? Elementary.exp2(-max(0, age)) : 0)
        features.append(Elementary.log1p(Double(exposures)))
        features.append(situation.affinity(of: item))
        features.append(situation.model?.index(of: item) == nil ? 1 : 0)
        features.append(rate)
    }
}

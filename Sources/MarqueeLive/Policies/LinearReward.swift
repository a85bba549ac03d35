public import MarqueeRuntime

/// Reward as a linear function of features, learned by ridge regression one outcome at a time.
///
/// With z = [1, x] of width d: A = λI + Σ z zᵀ, b = Σ r z, θ = A⁻¹ b; the posterior of a reward's mean at z is
/// N(zᵀθ, σ² zᵀA⁻¹z) for noise σ². A is held as its Cholesky factor L, to which an outcome is a rank-one update
/// (Gill, Golub, Murray and Saunders 1974), stable however many come. An outcome costs O(d²), a mean O(d), a
/// variance O(d²).
public struct LinearReward: Codable, Sendable, Equatable {
    public struct Config: Configuration, Encodable, Equatable {
        /// λ: how many outcomes' worth the belief in no effect weighs.
        public var regularization: Double
        public init(regularization: Double = 1) { self.regularization = regularization }

        public static let defaults = Config()
    }

    public let config: Config
    /// Features an outcome had; nil before the first.
    public private(set) var width: Int?
    private var factor: [Double] = []  // L, row-major [d × d], lower
    private var sums: [Double] = []  // b [d]
    private var weights: [Double] = []  // θ [d]

    init(_ config: Config, policy: String) throws(PolicyError) {
        guard config.regularization > 0, config.regularization.isFinite else {
            throw .badSetting(
                policy: policy, setting: "regularization", reason: "must be above 0, found \(config.regularization)")
        }
        self.config = config
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        config = try container.decode(Config.self, forKey: .config)
        width = try container.decodeIfPresent(Int.self, forKey: .width)
        factor = try container.decode([Double].self, forKey: .factor)
        sums = try container.decode([Double].self, forKey: .sums)
        weights = try container.decode([Double].self, forKey: .weights)
        let d = width.map { $0 + 1 } ?? 0
        guard d >= 0, factor.count == d * d, sums.count == d, weights.count == d else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a linear reward whose sizes do not agree; start the policy anew"))
        }
    }

    /// zᵀθ of every candidate; 0 before the first outcome.
    public func means(_ choices: ChoiceSet) throws(PolicyError) -> [Double] {
        try check(choices)
        guard width != nil else { return [Double](repeating: 0, count: choices.count) }
        return (0..<choices.count).map { candidate in
            var mean = weights[0]
            var index = 1
            for value in choices.features(of: candidate) {
                mean += weights[index] * value
                index += 1
            }
            return mean
        }
    }

    /// √(zᵀA⁻¹z) of every candidate, by one forward substitution L y = z each.
    public func deviations(_ choices: ChoiceSet) throws(PolicyError) -> [Double] {
        try check(choices)
        let d = choices.width + 1
        var y = [Double](repeating: 0, count: d)
        return (0..<choices.count).map { candidate in
            let x = choices.features(of: candidate)
            guard width != nil else {
                return ((1 + x.reduce(0) { $0 + $1 * $1 }) / config.regularization).squareRoot()
            }
            y[0] = 1
            for (index, value) in x.enumerated() { y[index + 1] = value }
            substitute(&y)
            return y.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }

    /// Learns one outcome; a revised one moves the reward and leaves the count.
    mutating func learn(_ outcome: Outcome) throws(PolicyError) {
        guard outcome.features.allSatisfy(\.isFinite) else { throw .badFeatures(item: outcome.item) }
        if width == nil { start(outcome.features.count) }
        if let width, width != outcome.features.count {
            throw .otherWidth(found: outcome.features.count, expected: width)
        }
        let z = [1] + outcome.features
        let reward = outcome.reward - (outcome.revising ?? 0)
        for index in z.indices { sums[index] += reward * z[index] }
        if outcome.revising == nil { update(z) }
        solve()
    }

    private mutating func start(_ features: Int) {
        width = features
        let d = features + 1
        factor = [Double](repeating: 0, count: d * d)
        for index in 0..<d { factor[index * d + index] = config.regularization.squareRoot() }
        sums = [Double](repeating: 0, count: d)
        weights = sums
    }

    private func check(_ choices: ChoiceSet) throws(PolicyError) {
        if let width, width != choices.width { throw .otherWidth(found: choices.width, expected: width) }
    }

    /// L Lᵀ += z zᵀ.
    private mutating func update(_ z: [Double]) {
        let d = z.count
        var z = z
        for k in 0..<d where z[k] != 0 {
            let old = factor[k * d + k]
            let new = (old * old + z[k] * z[k]).squareRoot()
            let c = new / old
            let s = z[k] / old
            factor[k * d + k] = new
            for row in k + 1..<max(d, k + 1) {
                factor[row * d + k] = (factor[row * d + k] + s * z[row]) / c
                z[row] = c * z[row] - s * factor[row * d + k]
            }
        }
    }

    /// θ = L⁻ᵀ L⁻¹ b.
    private mutating func solve() {
        let d = sums.count
        var y = sums
        substitute(&y)
        for row in (0..<d).reversed() {
            for below in row + 1..<max(d, row + 1) { y[row] -= factor[below * d + row] * y[below] }
            y[row] /= factor[row * d + row]
        }
        weights = y
    }

    /// y ← L⁻¹ y.
    private func substitute(_ y: inout [Double]) {
        let d = y.count
        for row in 0..<d {
            var value = y[row]
            for column in 0..<row { value -= factor[row * d + column] * y[column] }
            y[row] = value / factor[row * d + row]
        }
    }
}

/// How the value of a policy is estimated from another policy's log. With w = π_e/π_b, q̂ the reward model's
/// prediction for the action shown and v̂ = Σ_a π_e(a|x) q̂(x, a), and n decisions:
///
/// | estimator | V̂ | source |
/// |---|---|---|
/// | ``ips`` | Σ w r / n | Horvitz and Thompson 1952 |
/// | ``selfNormalized`` | Σ w r / Σ w | Swaminathan and Joachims 2015b |
/// | ``clipped(at:)`` | Σ min(w, λ) r / n | Ionides 2008; Strehl et al. 2010 |
/// | ``directMethod`` | Σ v̂ / n | Beygelzimer and Langford 2009 |
/// | ``doublyRobust`` | Σ (v̂ + w (r − q̂)) / n | Dudík, Langford and Li 2011 |
/// | ``selfNormalizedDoublyRobust`` | Σ v̂ / n + Σ w (r − q̂) / Σ w | Kallus and Uehara 2019 |
/// | ``switchDoublyRobust(above:)`` | Σ (v̂ + [w ≤ λ] w (r − q̂)) / n | Wang, Agarwal and Dudík 2017 |
/// | ``shrunk(by:)`` | Σ (v̂ + λw / (w² + λ) (r − q̂)) / n | Su, Dimakopoulou, Krishnamurthy and Dudík 2020 |
///
/// `ips` and `doublyRobust` are unbiased when propensities are right and overlap is full; the self-normalized
/// ones are consistent; those with λ trade bias for variance; `directMethod` is as good as its model.
public enum OffPolicyEstimator: Hashable, Sendable, Codable {
    case ips
    case selfNormalized
    case clipped(at: Double)
    case directMethod
    case doublyRobust
    case selfNormalizedDoublyRobust
    case switchDoublyRobust(above: Double)
    case shrunk(by: Double)

    /// One of each; λ of the clipped and the switch estimator is √n's usual stand-in, 10, and shrinkage's 100.
    public static let all: [OffPolicyEstimator] = [
        .ips, .selfNormalized, .clipped(at: 10), .directMethod, .doublyRobust, .selfNormalizedDoublyRobust,
        .switchDoublyRobust(above: 10), .shrunk(by: 100),
    ]

    public var name: String {
        switch self {
        case .ips: "ips"
        case .selfNormalized: "snips"
        case .clipped: "clipped"
        case .directMethod: "dm"
        case .doublyRobust: "dr"
        case .selfNormalizedDoublyRobust: "sndr"
        case .switchDoublyRobust: "switch-dr"
        case .shrunk: "dr-shrinkage"
        }
    }

    /// λ, for the estimators that have one.
    public var parameter: Double? {
        switch self {
        case .clipped(let lambda), .switchDoublyRobust(let lambda), .shrunk(let lambda): lambda
        default: nil
        }
    }

    public var needsModel: Bool {
        switch self {
        case .ips, .selfNormalized, .clipped: false
        default: true
        }
    }

    /// The weight that stands for w.
    func adjusted(_ weight: Double) -> Double {
        switch self {
        case .clipped(let lambda): min(weight, lambda)
        case .switchDoublyRobust(let lambda): weight <= lambda ? weight : 0
        case .shrunk(let lambda): lambda.isFinite ? lambda * weight / (weight * weight + lambda) : weight
        case .directMethod: 0
        default: weight
        }
    }

    /// The largest adjusted weight when w may be anything up to `largest`.
    func largestAdjusted(_ largest: Double) -> Double {
        switch self {
        case .clipped(let lambda), .switchDoublyRobust(let lambda): min(largest, lambda)
        // λw / (w² + λ) has its peak √λ / 2 at √λ.
        case .shrunk(let lambda) where lambda.isFinite && largest > lambda.squareRoot(): lambda.squareRoot() / 2
        default: adjusted(largest)
        }
    }

    /// - Throws: ``OffPolicyError/noModel(_:)`` or ``OffPolicyError/badSetting(_:)``.
    func contributions(_ log: LoggedDecisions, rewardRange: ClosedRange<Double>) throws(OffPolicyError) -> Contributions
    {
        if let parameter, !(parameter > 0) {
            throw .badSetting("\(name): its parameter must be above 0, found \(parameter)")
        }
        let weights = log.weights.map(adjusted)
        let largest = largestAdjusted(log.largestWeight ?? log.weights.max() ?? 0)
        let (low, high) = (rewardRange.lowerBound, rewardRange.upperBound)
        if !needsModel {
            let products = zip(weights, log.rewards).map { $0 * $1 }
            let range = min(0, low * largest)...max(0, high * largest)
            let isRatio = self == .selfNormalized
            return Contributions(
                count: log.count, base: nil,
                strata: [.init(numerators: products, denominators: isRatio ? weights : nil)], range: range,
                weightLimit: largest)
        }
        guard let model = log.model else { throw .noModel(name) }
        let lowest = min(low, model.expected.min() ?? low, model.shown.min() ?? low)
        let highest = max(high, model.expected.max() ?? high, model.shown.max() ?? high)
        if self == .directMethod {
            return Contributions(
                count: log.count, base: model.expected, strata: [], range: lowest...highest, weightLimit: 0)
        }
        let products = log.rewards.indices.map { weights[$0] * (log.rewards[$0] - model.shown[$0]) }
        let swing = (highest - lowest) * largest
        return Contributions(
            count: log.count, base: model.expected,
            strata: [.init(numerators: products, denominators: self == .selfNormalizedDoublyRobust ? weights : nil)],
            range: lowest - swing...highest + swing, weightLimit: largest)
    }
}

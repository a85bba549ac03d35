public import MarqueeRuntime

/// How the value of a policy over slates, the sum of a slate's rewards, is estimated. With slot ratios
/// ρ_k = π_e(a_k | above) / π_b(a_k | above):
///
/// | estimator | weight of slot k | assumes | source |
/// |---|---|---|---|
/// | ``standard`` | Π_j ρ_j | nothing | importance sampling of whole slates |
/// | ``cascade`` | Π_{j ≤ k} ρ_j | a reward depends on the slots above alone | McInerney et al. 2020 (RIPS) |
/// | ``independent`` | marginal ratio of (item, slot) | a reward depends on its slot alone | Li et al. 2018 (IIPS) |
/// | ``cascadeDoublyRobust`` | cascade's, around a reward model | as cascade | Kiyohara et al. 2022 |
///
/// The first three also self-normalized, slot by slot.
public enum SlateEstimator: String, CaseIterable, Sendable, Codable {
    case standard
    case cascade
    case independent
    case selfNormalizedStandard = "standard-sn"
    case selfNormalizedCascade = "cascade-sn"
    case selfNormalizedIndependent = "independent-sn"
    case cascadeDoublyRobust = "cascade-dr"

    public var needsModel: Bool { self == .cascadeDoublyRobust }
    public var needsMarginals: Bool { self == .independent || self == .selfNormalizedIndependent }

    private var isSelfNormalized: Bool {
        switch self {
        case .selfNormalizedStandard, .selfNormalizedCascade, .selfNormalizedIndependent: true
        default: false
        }
    }

    /// The weight of every row.
    func weights(_ log: LoggedSlates) throws(OffPolicyError) -> [Double] {
        switch self {
        case .independent, .selfNormalizedIndependent:
            guard let marginals = log.marginals else {
                throw .badSetting(
                    "'\(rawValue)' needs both policies' probabilities of an item in a slot; choose cascade or standard")
            }
            return zip(marginals.targets, marginals.propensities).map { $0 / $1 }
        case .standard, .selfNormalizedStandard, .cascade, .selfNormalizedCascade, .cascadeDoublyRobust:
            var weights = [Double](repeating: 1, count: log.rewards.count)
            for slate in 0..<log.count {
                var product = 1.0
                for row in log.offsets[slate]..<log.offsets[slate + 1] {
                    product *= log.targets[row] / log.propensities[row]
                    weights[row] = product
                }
                if self == .standard || self == .selfNormalizedStandard {
                    for row in log.offsets[slate]..<log.offsets[slate + 1] { weights[row] = product }
                }
            }
            return weights
        }
    }

    func contributions(_ log: LoggedSlates, rewardRange: ClosedRange<Double>) throws(OffPolicyError) -> Contributions {
        let weights = try weights(log)
        let largest = weights.max() ?? 0
        let slots = zip(log.offsets, log.offsets.dropFirst()).map { $1 - $0 }.max() ?? 0
        let reach = max(abs(rewardRange.lowerBound), abs(rewardRange.upperBound)) * largest * Double(slots)
        let range = (rewardRange.lowerBound < 0 ? -reach : 0)...max(reach, 0)
        var base: [Double]?
        var residuals = log.rewards
        if self == .cascadeDoublyRobust {
            guard let model = log.model else { throw .noModel(rawValue) }
            var expectations = [Double](repeating: 0, count: log.count)
            for slate in 0..<log.count {
                for row in log.offsets[slate]..<log.offsets[slate + 1] {
                    residuals[row] -= model.shown[row]
                    expectations[slate] += (row == log.offsets[slate] ? 1 : weights[row - 1]) * model.expected[row]
                }
            }
            base = expectations
        }
        guard isSelfNormalized, self != .selfNormalizedStandard else {
            let sums = (0..<log.count).map { slate in
                (log.offsets[slate]..<log.offsets[slate + 1]).reduce(0.0) { $0 + weights[$1] * residuals[$1] }
            }
            let whole = isSelfNormalized ? (0..<log.count).map { weights[log.offsets[$0]] } : nil
            return Contributions(
                count: log.count, base: base, strata: [.init(numerators: sums, denominators: whole)],
                range: base == nil ? range : -2 * reach...2 * reach, weightLimit: largest)
        }
        let strata = (0..<slots).map { slot in
            var stratum = Contributions.Stratum(
                numerators: [Double](repeating: 0, count: log.count),
                denominators: [Double](repeating: 0, count: log.count))
            var filled = 0
            for slate in 0..<log.count where log.offsets[slate] + slot < log.offsets[slate + 1] {
                let row = log.offsets[slate] + slot
                stratum.numerators[slate] = weights[row] * residuals[row]
                stratum.denominators?[slate] = weights[row]
                filled += 1
            }
            // A slot that some slates lack counts as often as it is there.
            let share = Double(filled) / Double(log.count)
            stratum.numerators = stratum.numerators.map { $0 * share }
            return stratum
        }
        return Contributions(count: log.count, base: nil, strata: strata, range: range, weightLimit: largest)
    }
}

/// What the target policy would have earned a slate, estimated from another's slates.
public struct SlateEvaluation: Sendable {
    public let log: LoggedSlates
    public let settings: OffPolicyEvaluation.Settings

    public init(_ log: LoggedSlates, settings: OffPolicyEvaluation.Settings = .init()) throws(OffPolicyError) {
        try settings.check()
        self.log = log
        self.settings = settings
    }

    /// The overlap that an estimator finds, by the weights of the slates' last slots.
    public func diagnostics(for estimator: SlateEstimator) throws(OffPolicyError) -> OverlapDiagnostics {
        let weights = try estimator.weights(log)
        let last = (0..<log.count).map { log.offsets[$0 + 1] - 1 }
        return OverlapDiagnostics(weights: last.map { weights[$0] }, propensities: log.propensities)
    }

    /// - Throws: ``OffPolicyError/noOverlap(_:reasons:)`` where the estimator's own weights leave too little.
    public func estimate(_ estimator: SlateEstimator, pool: WorkerPool = .shared) throws(OffPolicyError)
        -> OffPolicyEstimate
    {
        if let requirement = settings.requirement {
            let diagnostics = try diagnostics(for: estimator)
            let reasons = diagnostics.objections(requirement)
            guard reasons.isEmpty else { throw .noOverlap(diagnostics, reasons: reasons) }
        }
        return OffPolicyEstimate(
            estimator.rawValue, parameter: nil, try estimator.contributions(log, rewardRange: settings.rewardRange),
            settings,
            within: nil, pool)
    }
}

public import MarqueeRuntime

/// What the target policy would have earned a decision, estimated from another's log.
///
///     let evaluation = try OffPolicyEvaluation(log)          // refuses a log without overlap
///     let estimate = try evaluation.estimate(.doublyRobust)
///     print(estimate.value, estimate.bootstrap)
public struct OffPolicyEvaluation: Sendable {
    public let log: LoggedDecisions
    public let diagnostics: OverlapDiagnostics
    public let settings: Settings

    public struct Settings: Sendable, Equatable {
        public var confidence: Double
        public var resamples: Int
        public var seed: UInt64
        /// Bounds of a reward, for Bernstein's interval.
        public var rewardRange: ClosedRange<Double>
        /// nil answers whatever the overlap.
        public var requirement: OverlapDiagnostics.Requirement?

        public init(
            confidence: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 1,
            rewardRange: ClosedRange<Double> = 0...1,
            requirement: OverlapDiagnostics.Requirement? = .init()
        ) {
            self.confidence = confidence
            self.resamples = resamples
            self.seed = seed
            self.rewardRange = rewardRange
            self.requirement = requirement
        }

        func check() throws(OffPolicyError) {
            guard confidence > 0, confidence < 1 else {
                throw .badSetting("confidence must be between 0 and 1, found \(confidence)")
            }
            guard resamples > 0 else { throw .badSetting("at least one resample is needed, found \(resamples)") }
        }
    }

    /// - Throws: ``OffPolicyError/noOverlap(_:reasons:)`` unless `settings` ask for an answer at any price.
    public init(_ log: LoggedDecisions, settings: Settings = Settings()) throws(OffPolicyError) {
        try settings.check()
        self.log = log
        self.settings = settings
        diagnostics = OverlapDiagnostics(weights: log.weights, propensities: log.propensities)
        if let requirement = settings.requirement {
            let reasons = diagnostics.objections(requirement)
            guard reasons.isEmpty else { throw .noOverlap(diagnostics, reasons: reasons) }
        }
    }

    /// - Throws: ``OffPolicyError/noModel(_:)`` where a reward model is needed and missing.
    public func estimate(_ estimator: OffPolicyEstimator, pool: WorkerPool = .shared) throws(OffPolicyError)
        -> OffPolicyEstimate
    {
        let contributions = try estimator.contributions(log, rewardRange: settings.rewardRange)
        return OffPolicyEstimate(
            estimator.name, parameter: estimator.parameter, contributions, settings, within: settings.rewardRange, pool)
    }
}

/// An estimate with its intervals.
///
/// Both intervals are about the estimator's own expectation. For estimators that are biased, by a λ or by a
/// model, that need not be the truth.
public struct OffPolicyEstimate: Sendable, Equatable, Codable {
    public let estimator: String
    /// λ, where there is one.
    public let parameter: Double?
    public let value: Double
    public let confidence: Double
    /// Percentile bootstrap; nil when most resamples have no weight at all.
    public let bootstrap: Interval?
    /// Empirical Bernstein, valid at any sample size while rewards and weights keep to their bounds; nil where
    /// an estimator has none. Bounds of weights that are not known are taken from the log.
    public let bernstein: Interval?

    public struct Interval: Sendable, Equatable, Codable {
        public let lower: Double
        public let upper: Double
        public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
    }

    init(
        _ estimator: String, parameter: Double?, _ contributions: Contributions,
        _ settings: OffPolicyEvaluation.Settings,
        within bounds: ClosedRange<Double>?, _ pool: WorkerPool
    ) {
        self.estimator = estimator
        self.parameter = parameter
        value = contributions.value
        confidence = settings.confidence
        bootstrap = contributions.bootstrap(
            resamples: settings.resamples, confidence: settings.confidence, seed: settings.seed, pool: pool
        ).map { Interval(lower: $0.lowerBound, upper: $0.upperBound) }
        bernstein = contributions.bernstein(confidence: settings.confidence).map { interval in
            // A value lies within the rewards' bounds, whatever an estimate does.
            let interval = bounds.map(interval.clamped) ?? interval
            return Interval(lower: interval.lowerBound, upper: interval.upperBound)
        }
    }
}

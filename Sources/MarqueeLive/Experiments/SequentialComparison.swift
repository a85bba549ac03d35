internal import Foundation

/// What is known of an arm: count, mean and sum of squared deviations of its units' rewards, one unit at a
/// time (Welford 1962) or arm by arm (Chan, Golub and LeVeque 1983).
public struct ArmSummary: Codable, Sendable, Equatable {
    public private(set) var count = 0
    public private(set) var mean = 0.0
    private var squares = 0.0

    public init() {}

    public mutating func add(_ reward: Double) {
        count += 1
        let before = reward - mean
        mean += before / Double(count)
        squares += before * (reward - mean)
    }

    public mutating func add(_ other: ArmSummary) {
        guard other.count > 0 else { return }
        let total = count + other.count
        let difference = other.mean - mean
        squares += other.squares + difference * difference * Double(count) * Double(other.count) / Double(total)
        mean += difference * Double(other.count) / Double(total)
        count = total
    }

    /// Unbiased; 0 below two units.
    public var variance: Double { count > 1 ? squares / Double(count - 1) : 0 }
}

/// How much better one arm is than another, by an interval that holds at all times at once: look as often as you
/// like and stop when you like, and with probability `confidence` the truth never left it.
///
/// With Δ the difference of means, V = s₁²/n₁ + s₀²/n₀ and a normal mixture of width τ over effects, the mixture
/// likelihood ratio Λ = √(V / (V + τ²)) exp(Δ² τ² / (2 V (V + τ²))) is a martingale under no effect, so that
/// p = 1 / Λ, and the interval is Δ ± √(V (V + τ²) / τ² · log((V + τ²) / (V α²))).
///
/// The ratio is exact for normal rewards of known variance; with estimated ones it holds in the limit, which is
/// why nothing is said before `warmUp` units an arm. τ is about the effect worth finding: it costs width where it
/// is wrong, never validity.
///
/// Source: Robbins (1970); Johari, Koomen, Pekelis and Walsh, *Peeking at A/B Tests* (KDD 2017); Waudby-Smith and
/// others, *Time-uniform central limit theory and asymptotic confidence sequences* (2024).
public struct SequentialComparison: Codable, Sendable, Equatable {
    /// Mean of the treatment minus mean of the control.
    public let difference: Double
    public let confidence: Double
    /// −∞ and ∞ before the warm-up is over.
    public let lower: Double
    public let upper: Double
    /// Valid at every look; small is evidence against no effect. To decide by, keep the smallest of all looks.
    public let pValue: Double

    public var isDecided: Bool { lower > 0 || upper < 0 }

    /// - Parameters:
    ///   - effect: τ, in units of the reward, above 0.
    ///   - warmUp: units that each arm must have.
    public init(
        treatment: ArmSummary, control: ArmSummary, effect: Double, confidence: Double = 0.95, warmUp: Int = 100
    ) {
        precondition(effect > 0 && confidence > 0 && confidence < 1)
        difference = treatment.mean - control.mean
        self.confidence = confidence
        let variance =
            treatment.variance / Double(max(1, treatment.count)) + control.variance / Double(max(1, control.count))
        guard min(treatment.count, control.count) >= max(2, warmUp), variance > 0 else {
            (lower, upper, pValue) = (-.infinity, .infinity, 1)
            return
        }
        let alpha = 1 - confidence
        let wide = variance + effect * effect
        let width = (variance * wide / (effect * effect) * log(wide / (variance * alpha * alpha))).squareRoot()
        lower = difference - width
        upper = difference + width
        let logRatio = log(variance / wide) / 2 + difference * difference * effect * effect / (2 * variance * wide)
        pValue = min(1, exp(-logRatio))
    }
}

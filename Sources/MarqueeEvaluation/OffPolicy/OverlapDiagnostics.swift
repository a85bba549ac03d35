/// Whether the log has seen enough of what the target would do.
///
/// - ``effectiveSampleSize`` (Σ w)² / Σ w² (Kong 1992): how many decisions of the target's own the log is worth.
/// - ``meanWeight``: 1 in expectation when propensities are right and nothing that the target does has
///   probability 0 under the logging policy; its distance from 1 in standard errors is ``meanWeightDeviation``.
public struct OverlapDiagnostics: Sendable, Equatable, Codable {
    public let decisions: Int
    public let effectiveSampleSize: Double
    public let meanWeight: Double
    /// (mean − 1) / standard error; 0 when all weights are 1.
    public let meanWeightDeviation: Double
    public let largestWeight: Double
    /// Share of the weights' sum that the heaviest hundredth of the decisions carries.
    public let weightOfHeaviestHundredth: Double
    /// Share of the log that the target would never have done.
    public let shareNeverChosen: Double
    public let smallestPropensity: Double

    public init(weights: [Double], propensities: [Double]) {
        let n = Double(weights.count)
        let sum = weights.reduce(0, +)
        let squares = weights.reduce(0) { $0 + $1 * $1 }
        decisions = weights.count
        effectiveSampleSize = squares > 0 ? sum * sum / squares : 0
        meanWeight = sum / n
        let variance = max(0, squares / n - meanWeight * meanWeight) * n / max(1, n - 1)
        let error = (variance / n).squareRoot()
        meanWeightDeviation =
            error > 0
            ? (meanWeight - 1) / error : (abs(meanWeight - 1) < 1e-9 ? 0 : (meanWeight - 1) * .greatestFiniteMagnitude)
        largestWeight = weights.max() ?? 0
        let heaviest = weights.sorted(by: >).prefix(max(1, weights.count / 100)).reduce(0, +)
        weightOfHeaviestHundredth = sum > 0 ? heaviest / sum : 0
        shareNeverChosen = Double(weights.count { $0 == 0 }) / n
        smallestPropensity = propensities.min() ?? 0
    }

    /// From when on an answer is refused.
    public struct Requirement: Sendable, Equatable, Codable {
        /// The least effective sample size.
        public var effectiveSampleSize: Double
        /// How far the mean weight may be from 1, beyond 4 standard errors.
        public var meanWeightTolerance: Double

        public init(effectiveSampleSize: Double = 50, meanWeightTolerance: Double = 0.1) {
            self.effectiveSampleSize = effectiveSampleSize
            self.meanWeightTolerance = meanWeightTolerance
        }
    }

    /// Why the log cannot answer; empty when it can.
    public func objections(_ requirement: Requirement = Requirement()) -> [String] {
        var objections: [String] = []
        func short(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        if meanWeight == 0 { return ["nothing in the log is what that policy would do"] }
        if effectiveSampleSize < requirement.effectiveSampleSize {
            objections.append(
                "\(decisions) decisions are worth \(short(effectiveSampleSize)) of that policy's own, "
                    + "fewer than \(short(requirement.effectiveSampleSize))")
        }
        if abs(meanWeight - 1) > requirement.meanWeightTolerance, abs(meanWeightDeviation) > 4 {
            objections.append(
                "the weights' mean is \(short(meanWeight)) where 1 is expected: "
                    + (meanWeight < 1
                        ? "that policy does things that were never logged, or propensities are wrong"
                        : "propensities are wrong"))
        }
        return objections
    }
}

internal import Foundation
internal import MarqueeRuntime

/// What every estimator comes down to: V̂ = Σ_i base_i / n + Σ_s (Σ_i num_is / Σ_i den_is), where den is 1 for
/// estimators that are plain means. The n decisions are independent; strata are a slate's slots.
struct Contributions {
    struct Stratum {
        var numerators: [Double]
        /// nil for a plain mean.
        var denominators: [Double]?
    }

    let count: Int
    var base: [Double]?
    var strata: [Stratum]
    /// Bounds of one decision's contribution, for Bernstein's interval.
    var range: ClosedRange<Double>
    /// The largest possible denominator.
    var weightLimit: Double

    /// The estimate. NaN when nothing that the target would do was ever shown, for self-normalized ones.
    var value: Double {
        var value = (base?.reduce(0, +) ?? 0) / Double(count)
        for stratum in strata {
            value += stratum.numerators.reduce(0, +) / (stratum.denominators?.reduce(0, +) ?? Double(count))
        }
        return value
    }

    /// Percentile bootstrap over decisions (Efron and Tibshirani 1993, chapter 13). A ratio's denominator is drawn
    /// with its numerator. O(n × resamples), in parallel, the same whatever the worker count.
    func bootstrap(resamples: Int, confidence: Double, seed: UInt64, pool: WorkerPool) -> ClosedRange<Double>? {
        // Plain means of one decision add up before anything is drawn.
        var plain = base ?? [Double](repeating: 0, count: count)
        var ratios: [(numerators: [Double], denominators: [Double])] = []
        for stratum in strata {
            if let denominators = stratum.denominators {
                ratios.append((stratum.numerators, denominators))
            } else {
                for index in 0..<count { plain[index] += stratum.numerators[index] }
            }
        }
        let (frozenPlain, frozenRatios) = (plain, ratios)
        let values = pool.map(resamples) { resample in
            let stream = RandomStream(seed: seed, "off-policy bootstrap", resample)
            var sum = 0.0
            var numerators = [Double](repeating: 0, count: frozenRatios.count)
            var denominators = numerators
            for draw in 0..<count {
                let index = stream.integer(at: UInt64(draw), below: count)
                sum += frozenPlain[index]
                for (stratum, ratio) in frozenRatios.enumerated() {
                    numerators[stratum] += ratio.numerators[index]
                    denominators[stratum] += ratio.denominators[index]
                }
            }
            return sum / Double(count) + zip(numerators, denominators).reduce(0) { $0 + $1.0 / $1.1 }
        }.filter(\.isFinite).sorted()
        guard values.count > resamples / 2 else { return nil }
        let lower = Self.quantile((1 - confidence) / 2, of: values)
        let upper = Self.quantile((1 + confidence) / 2, of: values)
        return lower...max(lower, upper)
    }

    /// Maurer and Pontil's empirical Bernstein bound (COLT 2009, theorem 4), two-sided: with L = log(4/δ),
    /// mean ± (√(2 s² L / n) + 7 (b − a) L / (3 (n − 1))), cut to the bounds that a mean of such contributions has.
    ///
    /// Of a ratio, whose target is numerator / 1, numerator and denominator each get half of δ.
    func bernstein(confidence: Double) -> ClosedRange<Double>? {
        let delta = 1 - confidence
        if strata.allSatisfy({ $0.denominators == nil }) {
            var plain = base ?? [Double](repeating: 0, count: count)
            for stratum in strata { for index in 0..<count { plain[index] += stratum.numerators[index] } }
            return Self.bernstein(plain, range: range, delta: delta)
        }
        guard base == nil, strata.count == 1, let stratum = strata.first, let denominators = stratum.denominators else {
            return nil
        }
        let above = Self.bernstein(stratum.numerators, range: range, delta: delta / 2)
        let below = Self.bernstein(denominators, range: 0...weightLimit, delta: delta / 2)
        guard below.lowerBound > 0, above.lowerBound >= 0 else { return nil }
        return above.lowerBound / below.upperBound...above.upperBound / below.lowerBound
    }

    private static func bernstein(_ values: [Double], range: ClosedRange<Double>, delta: Double) -> ClosedRange<Double>
    {
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
        let log = log(4 / delta)
        let width =
            (2 * variance * log / n).squareRoot() + 7 * (range.upperBound - range.lowerBound) * log / (3 * (n - 1))
        let lower = min(max(mean - width, range.lowerBound), mean)
        return lower...max(mean, min(mean + width, range.upperBound))
    }

    /// By linear interpolation between order statistics (Hyndman and Fan's type 7).
    private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}

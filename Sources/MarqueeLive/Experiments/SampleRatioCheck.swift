internal import Foundation

/// Whether arms got the units they should have: Pearson's chi-square test of the counts against the shares.
///
/// An experiment that fails it lost units on the way, by a crash, a redirect or a filter, and its result means
/// nothing. The customary alarm is at p < 0.001 (Fabijan and others, *Diagnosing Sample Ratio Mismatch*, KDD 2019).
public struct SampleRatioCheck: Sendable, Equatable, Codable {
    /// Σ (found − expected)² / expected.
    public let statistic: Double
    public let pValue: Double
    public var isMismatch: Bool { pValue < 0.001 }

    /// - Parameters:
    ///   - counts: units found in every arm.
    ///   - shares: their configured shares, above 0, in the same order.
    public init(counts: [Int], shares: [Double]) { self.init(periods: [(counts, shares)]) }

    /// Of several periods with shares of their own: their statistics and degrees of freedom add up.
    /// - Parameter periods: units that were first found in each, and the shares that were in force.
    public init(periods: [(counts: [Int], shares: [Double])]) {
        var (statistic, freedom) = (0.0, 0)
        for (counts, shares) in periods {
            precondition(counts.count == shares.count && counts.count > 1 && shares.allSatisfy { $0 > 0 })
            let total = Double(counts.reduce(0, +))
            guard total > 0 else { continue }
            let sum = shares.reduce(0, +)
            freedom += counts.count - 1
            for (count, share) in zip(counts, shares) {
                let expected = total * share / sum
                statistic += (Double(count) - expected) * (Double(count) - expected) / expected
            }
        }
        self.statistic = statistic
        pValue = freedom == 0 ? 1 : Self.upperGamma(Double(freedom) / 2, statistic / 2)
    }

    /// Q(a, x) = Γ(a, x) / Γ(a), by its series below a + 1 and Lentz's continued fraction above
    /// (*Numerical Recipes*, section 6.2).
    static func upperGamma(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return 1 }
        let front = exp(-x + a * log(x) - lgamma(a))
        if x < a + 1 {
            var term = 1 / a
            var sum = term
            var n = a
            while abs(term) > 1e-16 * abs(sum) {
                n += 1
                term *= x / n
                sum += term
            }
            return max(0, 1 - front * sum)
        }
        var b = x + 1 - a
        var c = 1e300
        var d = 1 / b
        var h = d
        for i in 1...1000 {
            let an = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / (an * d + b)
            c = b + an / c
            h *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return front * h
    }
}

internal import Foundation
internal import MarqueeRuntime

/// N(μ, σ²).
struct NormalDistribution: DrawnValue {
    let mean, deviation: Double

    /// ±7.5 deviations hold all but 6e-14.
    var window: ClosedRange<Double> { mean - 7.5 * deviation...mean + 7.5 * deviation }

    func density(_ t: Double) -> Double {
        let z = (t - mean) / deviation
        return exp(-z * z / 2) / (deviation * (2 * Double.pi).squareRoot())
    }

    func cumulative(_ t: Double) -> Double { erfc((mean - t) / (deviation * 2.0.squareRoot())) / 2 }

    func draw(_ random: inout RandomStream) -> Double { mean + deviation * random.normalPair().0 }
}

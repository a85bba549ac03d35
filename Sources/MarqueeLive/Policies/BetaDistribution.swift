internal import Foundation
internal import MarqueeRuntime

/// Beta(α, β), over t = log(x / (1 − x)).
///
/// The logit orders draws as x does and keeps what is near 0 and 1 apart. There the density is
/// f(t) = σ(t)^α σ(−t)^β / B(α, β), analytic and with exponential tails, so that its cumulation on an even grid
/// by the trapezoidal rule with the end correction h²/12 f′ errs by h⁴; between nodes F is the cubic through
/// both values and both densities. At the grid's step F errs by less than 1e-6.
struct BetaDistribution: DrawnValue {
    let alpha, beta: Double
    let window: ClosedRange<Double>
    private let step: Double
    private let densities, cumulatives: [Double]
    private let logNorm: Double

    init(alpha: Double, beta: Double, nodes: Int = 257) {
        self.alpha = alpha
        self.beta = beta
        logNorm = lgamma(alpha) + lgamma(beta) - lgamma(alpha + beta)
        let mode = log(alpha / beta)
        // Where the density has fallen by e^-23 from its peak; beyond lies less than 1e-9.
        let spread = (1 / alpha + 1 / beta).squareRoot()
        let peak = Self.logDensity(mode, alpha, beta)
        func edge(_ direction: Double) -> Double {
            var t = mode
            repeat { t += direction * spread } while peak - Self.logDensity(t, alpha, beta) < 23
            return t
        }
        let lower = edge(-1)
        let upper = edge(1)
        window = lower...upper
        let step = (upper - lower) / Double(nodes - 1)
        self.step = step
        var densities: [Double] = []
        var slopes: [Double] = []
        densities.reserveCapacity(nodes)
        slopes.reserveCapacity(nodes)
        for node in 0..<nodes {
            let t = lower + step * Double(node)
            let density = exp(Self.logDensity(t, alpha, beta) - logNorm)
            densities.append(density)
            slopes.append(density * (alpha - (alpha + beta) / (1 + exp(-t))))
        }
        var cumulatives = [0.0]
        cumulatives.reserveCapacity(nodes)
        for node in 1..<nodes {
            cumulatives.append(
                cumulatives[node - 1] + step / 2 * (densities[node - 1] + densities[node])
                    + step * step / 12 * (slopes[node - 1] - slopes[node]))
        }
        // What the window leaves out and rounding adds is spread, so that F ends at 1.
        let total = cumulatives[nodes - 1]
        self.densities = densities.map { $0 / total }
        self.cumulatives = cumulatives.map { $0 / total }
    }

    /// log σ(t)^α σ(−t)^β.
    private static func logDensity(_ t: Double, _ alpha: Double, _ beta: Double) -> Double {
        let bend = log1p(exp(-abs(t)))
        return -alpha * (max(0, -t) + bend) - beta * (max(0, t) + bend)
    }

    func density(_ t: Double) -> Double {
        guard window.contains(t) else { return 0 }
        return exp(Self.logDensity(t, alpha, beta) - logNorm)
    }

    func cumulative(_ t: Double) -> Double {
        let position = (t - window.lowerBound) / step
        guard position > 0 else { return 0 }
        guard position < Double(cumulatives.count - 1) else { return 1 }
        let node = Int(position)
        let u = position - Double(node)
        let (a, b) = (cumulatives[node], cumulatives[node + 1])
        let (da, db) = (densities[node] * step, densities[node + 1] * step)
        // Hermite's cubic.
        return a + u * (da + u * (3 * (b - a) - 2 * da - db + u * (2 * (a - b) + da + db)))
    }

    /// The logit of X / (X + Y) for gamma variables is log X − log Y.
    func draw(_ random: inout RandomStream) -> Double { logGamma(alpha, &random) - logGamma(beta, &random) }

    /// The logarithm of a Gamma(shape, 1) variable (Marsaglia and Tsang 2000), which small shapes do not underflow.
    private func logGamma(_ shape: Double, _ random: inout RandomStream) -> Double {
        guard shape >= 1 else { return logGamma(shape + 1, &random) + log(1 - random.nextUnit()) / shape }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let z = random.normalPair().0
            let v = 1 + c * z
            guard v > 0 else { continue }
            let logCube = 3 * log(v)
            if log(1 - random.nextUnit()) < z * z / 2 + d - d * exp(logCube) + d * logCube { return log(d) + logCube }
        }
    }
}
